"""The pages of an answer: what an API says of them, and the call for the next one."""
