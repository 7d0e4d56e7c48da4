<<<<<<< HEAD
"""Tags for templates."""
=======
"""What templates use."""
>>>>>>> 49370d2 (Show the log, prices and what users cost in Django's admin)
