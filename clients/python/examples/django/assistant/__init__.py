"""An assistant that makes AI calls, in each of the ways in which Django applications do."""
