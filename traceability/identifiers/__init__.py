"""GS1 keys, Digital Link, Vietnam's trace code, short codes."""
