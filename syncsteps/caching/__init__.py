"""What earlier runs came to, kept for as long as nothing that they looked at has changed."""
