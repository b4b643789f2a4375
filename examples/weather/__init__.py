"""A weather service for China: one tool, whose cities have Chinese names."""
