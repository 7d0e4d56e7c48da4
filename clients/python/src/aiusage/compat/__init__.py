"""Stand-ins for trackers that applications have: change the import, keep the calls."""
