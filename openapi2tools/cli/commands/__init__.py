"""One file a command, imported when its command is given; `cli/app` says how to add one."""
