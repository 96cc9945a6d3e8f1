"""The outside world and `Message`: one file per channel."""
