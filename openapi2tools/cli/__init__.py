"""The command line: each command turns its options into one call of a public verb."""
