"""Pages of Django's admin that show what the service knows. Nothing is kept on this side."""

from django.contrib import admin

from aiusage.django import models

from .prices import PriceAdmin
from .summaries import UserSummaryAdmin
from .usage_log import UsageLogAdmin

admin.site.register(models.UsageLog, UsageLogAdmin)
admin.site.register(models.Price, PriceAdmin)
admin.site.register(models.UserSummary, UserSummaryAdmin)
