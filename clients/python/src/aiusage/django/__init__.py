"""The Django app: `INSTALLED_APPS += ["aiusage.django"]`. Settings: `AIUSAGE = {...}`."""
