SELECT account.id, CASE WHEN (account.id = $2::uuid OR EXISTS (SELECT FROM memberships AS membership_6 WHERE membership_6.user_id = account.id AND membership_6.organization_id = ANY($3::uuid[])) OR EXISTS (SELECT FROM registrations AS registration_7 WHERE registration_7.user_id = account.id AND EXISTS (SELECT FROM events AS event_8 WHERE event_8.id = registration_7.event_id AND event_8.organization_id = ANY($3::uuid[]))) OR EXISTS (SELECT FROM waitlist_entries AS waitlist_entry_9 WHERE waitlist_entry_9.user_id = account.id AND EXISTS (SELECT FROM events AS event_10 WHERE event_10.id = waitlist_entry_9.event_id AND event_10.organization_id = ANY($3::uuid[])))) THEN account.name ELSE '(hidden)' END AS name, CASE WHEN account.id = $2::uuid THEN account.email ELSE NULL END AS email, CASE WHEN account.id = $2::uuid THEN account.locale ELSE NULL END AS locale, CASE WHEN account.id = $2::uuid THEN account.timezone ELSE NULL END AS timezone, CASE WHEN account.id = $2::uuid THEN account.preferences ELSE '{}'::jsonb END AS preferences, account.platform_role, account.status, account.created_at, account.updated_at, account.version FROM users AS account WHERE account.id = ANY($1::uuid[]) AND (account.id = $2::uuid OR EXISTS (SELECT FROM memberships AS membership_1 WHERE membership_1.user_id = account.id AND membership_1.organization_id = ANY($3::uuid[])) OR EXISTS (SELECT FROM registrations AS registration_2 WHERE registration_2.user_id = account.id AND EXISTS (SELECT FROM events AS event_3 WHERE event_3.id = registration_2.event_id AND event_3.organization_id = ANY($3::uuid[]))) OR EXISTS (SELECT FROM waitlist_entries AS waitlist_entry_4 WHERE waitlist_entry_4.user_id = account.id AND EXISTS (SELECT FROM events AS event_5 WHERE event_5.id = waitlist_entry_4.event_id AND event_5.organization_id = ANY($3::uuid[]))));

SELECT account.id, account.status, account.platform_role, account.email, account.email_verified,
    team.organization_ids, team.roles
FROM users AS account, LATERAL (
    SELECT coalesce(array_agg(m.organization_id), '{}') AS organization_ids, coalesce(array_agg(m.role), '{}') AS roles
    FROM memberships AS m WHERE m.user_id = account.id
) AS team
WHERE account.issuer = $1 AND account.subject = $2;

SELECT event.id, event.organization_id, event.venue_id, event.slug, event.title, event.summary, event.description, event.category, event.tags, event.status, event.starts_at_local, event.ends_at_local, event.timezone, event.starts_at, event.ends_at, event.online, event.url, event.published_at, event.created_at, event.updated_at, event.version FROM events AS event WHERE event.slug = ANY($1::text[]) AND ((event.status IN ('PUBLISHED') OR (event.status IN ('CANCELLED', 'POSTPONED') AND event.published_at IS NOT NULL)) OR event.organization_id = ANY($2::uuid[]) OR EXISTS (SELECT FROM registrations AS registration_1 WHERE registration_1.event_id = event.id AND registration_1.user_id = $3::uuid) OR EXISTS (SELECT FROM waitlist_entries AS waitlist_entry_2 WHERE waitlist_entry_2.event_id = event.id AND waitlist_entry_2.user_id = $3::uuid));

SELECT line.stream_id AS parent_id, count(*) AS total FROM journal AS line
WHERE line.stream_id = ANY($1::uuid[]) AND TRUE GROUP BY line.stream_id;

SELECT parent.id AS parent_id, page.*
FROM unnest($1::uuid[]) WITH ORDINALITY AS parent (id, position)
CROSS JOIN LATERAL (
SELECT line.stream_id, line.version, line.kind, line.object_id, line.data, hidden.data AS private, line.actor_id, line.request_id, line.at, (line.version)::text AS sort_key, line.object_id AS sort_id, line.version AS sort_value
FROM journal AS line LEFT JOIN journal_private AS hidden ON hidden.stream_id = line.stream_id AND hidden.version = line.version AND TRUE
WHERE line.stream_id = parent.id
ORDER BY line.version DESC, line.object_id DESC
LIMIT 21
) AS page
ORDER BY parent.position, page.sort_value DESC, page.sort_id DESC;
