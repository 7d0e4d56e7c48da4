"""Generated code of the protos aiusage/v1/*.proto. Change those, not this."""
