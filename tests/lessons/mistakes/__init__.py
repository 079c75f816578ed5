"""Wrong answers that tempt, a module a lesson, and what the check has to say of each."""
