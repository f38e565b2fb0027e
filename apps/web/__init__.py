"""Phone pages, resolver, log mirror."""
