-- log.causes: the messages that came most often, up to $6.
)
SELECT log.status, log.error_message, count(*) AS request_count, max(log.event_time) AS last_event_time
FROM judged
JOIN usage_log AS log USING (record_id)
WHERE tenant_id = $1 AND is_wanted
GROUP BY 1, 2
ORDER BY request_count DESC, last_event_time DESC, 1, 2
LIMIT $6
