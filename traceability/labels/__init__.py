"""QR label sheets: printed, decoded back, accounted for."""
