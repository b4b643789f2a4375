"""What is wrong with arguments, in sentences."""
