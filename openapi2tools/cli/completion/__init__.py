"""What a shell completes: commands, options, saved APIs, tools, arguments and their values."""
