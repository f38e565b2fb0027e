"""Administrative units of both eras, search without tone marks, conversion."""
