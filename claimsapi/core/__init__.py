"""What all apps share; imports no other app of the project."""
