"""EPCIS 2.0 events: documents, validation, canonical bytes, event hash."""
