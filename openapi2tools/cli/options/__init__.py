"""The options that several commands share, in groups, and what they mean to our public verbs."""
