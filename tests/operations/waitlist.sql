SELECT account.id, account.status, account.platform_role, account.email, account.email_verified,
    team.organization_ids, team.roles
FROM users AS account, LATERAL (
    SELECT coalesce(array_agg(m.organization_id), '{}') AS organization_ids, coalesce(array_agg(m.role), '{}') AS roles
    FROM memberships AS m WHERE m.user_id = account.id
) AS team
WHERE account.issuer = $1 AND account.subject = $2;

SELECT event.id, event.organization_id, event.venue_id, event.slug, event.title, event.summary, event.description, event.category, event.tags, event.status, event.starts_at_local, event.ends_at_local, event.timezone, event.starts_at, event.ends_at, event.online, event.url, event.published_at, event.created_at, event.updated_at, event.version FROM events AS event WHERE event.id = ANY($1::uuid[]) AND ((event.status IN ('PUBLISHED') OR (event.status IN ('CANCELLED', 'POSTPONED') AND event.published_at IS NOT NULL)) OR event.organization_id = ANY($2::uuid[]) OR EXISTS (SELECT FROM registrations AS registration_1 WHERE registration_1.event_id = event.id AND registration_1.user_id = $3::uuid) OR EXISTS (SELECT FROM waitlist_entries AS waitlist_entry_2 WHERE waitlist_entry_2.event_id = event.id AND waitlist_entry_2.user_id = $3::uuid));

SELECT event.id, event.organization_id, event.venue_id, event.slug, event.title, event.summary, event.description, event.category, event.tags, event.status, event.starts_at_local, event.ends_at_local, event.timezone, event.starts_at, event.ends_at, event.online, event.url, event.published_at, event.created_at, event.updated_at, event.version FROM events AS event WHERE event.slug = ANY($1::text[]) AND ((event.status IN ('PUBLISHED') OR (event.status IN ('CANCELLED', 'POSTPONED') AND event.published_at IS NOT NULL)) OR event.organization_id = ANY($2::uuid[]) OR EXISTS (SELECT FROM registrations AS registration_1 WHERE registration_1.event_id = event.id AND registration_1.user_id = $3::uuid) OR EXISTS (SELECT FROM waitlist_entries AS waitlist_entry_2 WHERE waitlist_entry_2.event_id = event.id AND waitlist_entry_2.user_id = $3::uuid));

SELECT event_id, look_past, offer_seconds FROM event_heads WHERE event_id = ANY($1::uuid[]);

SELECT parent.id AS parent_id, page.*
FROM unnest($4::uuid[]) WITH ORDINALITY AS parent (id, position)
CROSS JOIN LATERAL (
SELECT waitlist_entry.event_id, waitlist_entry.id, waitlist_entry.ticket_tier_id, waitlist_entry.user_id, waitlist_entry.quantity, waitlist_entry.status, waitlist_entry.priority, waitlist_entry.position, waitlist_entry.passed, waitlist_entry.offered_at, waitlist_entry.notified_at, waitlist_entry.offer_expires_at, waitlist_entry.registration_id, waitlist_entry.created_at, waitlist_entry.updated_at, waitlist_entry.version, account.id AS user__id, CASE WHEN (account.id = $2::uuid OR EXISTS (SELECT FROM memberships AS membership_2 WHERE membership_2.user_id = account.id AND membership_2.organization_id = ANY($3::uuid[])) OR EXISTS (SELECT FROM registrations AS registration_3 WHERE registration_3.user_id = account.id AND EXISTS (SELECT FROM events AS event_4 WHERE event_4.id = registration_3.event_id AND event_4.organization_id = ANY($3::uuid[]))) OR EXISTS (SELECT FROM waitlist_entries AS waitlist_entry_5 WHERE waitlist_entry_5.user_id = account.id AND EXISTS (SELECT FROM events AS event_6 WHERE event_6.id = waitlist_entry_5.event_id AND event_6.organization_id = ANY($3::uuid[])))) THEN account.name ELSE '(hidden)' END AS user__name, CASE WHEN account.id = $2::uuid THEN account.email ELSE NULL END AS user__email, CASE WHEN account.id = $2::uuid THEN account.locale ELSE NULL END AS user__locale, CASE WHEN account.id = $2::uuid THEN account.timezone ELSE NULL END AS user__timezone, CASE WHEN account.id = $2::uuid THEN account.preferences ELSE '{}'::jsonb END AS user__preferences, account.platform_role AS user__platform_role, account.status AS user__status, account.created_at AS user__created_at, account.updated_at AS user__updated_at, account.version AS user__version, (waitlist_entry.position)::text AS sort_key, waitlist_entry.id AS sort_id, waitlist_entry.position AS sort_value
FROM waitlist_entries AS waitlist_entry
JOIN users AS account ON account.id = waitlist_entry.user_id
WHERE waitlist_entry.event_id = parent.id AND waitlist_entry.status = ANY($1::text[]) AND (waitlist_entry.user_id = $2::uuid OR EXISTS (SELECT FROM events AS event_1 WHERE event_1.id = waitlist_entry.event_id AND event_1.organization_id = ANY($3::uuid[])))
ORDER BY waitlist_entry.position ASC, waitlist_entry.id ASC
LIMIT 11
) AS page
ORDER BY parent.position, page.sort_value ASC, page.sort_id ASC;

SELECT pool.event_id, pool.id, pool.capacity, pool.overbooking, pool.confirmed, pool.held, pool.offered, pool.blocked, pool.checked_in, head.waiting, head.stream_version FROM capacity_pools AS pool JOIN event_heads AS head ON head.event_id = pool.event_id
WHERE pool.event_id = ANY($1::uuid[]) AND pool.id = pool.event_id;

SELECT ranked.event_id, ranked.id, ranked.rank FROM (
    SELECT entry.event_id, entry.id, 1 + count(*) FILTER (WHERE entry.status = 'WAITING') OVER (
        PARTITION BY entry.event_id, entry.ticket_tier_id ORDER BY entry.priority DESC, entry.position
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS rank
    FROM waitlist_entries AS entry
    WHERE entry.status IN ('WAITING', 'SUSPENDED') AND (entry.event_id, entry.ticket_tier_id) IN (
        SELECT asked.event_id, asked.ticket_tier_id FROM waitlist_entries AS asked
        WHERE (asked.event_id, asked.id) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[]))
    )
) AS ranked
WHERE (ranked.event_id, ranked.id) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[]));

SELECT ticket_tier.event_id, ticket_tier.id, ticket_tier.name, ticket_tier.description, ticket_tier.price_minor, ticket_tier.currency, tier_pool.capacity AS quota, tier_pool.confirmed AS sold, CASE WHEN tier_pool.capacity IS NULL AND event_pool.capacity IS NULL AND shared_pools.places IS NULL THEN NULL ELSE greatest(least((tier_pool.capacity + tier_pool.overbooking - tier_pool.confirmed - tier_pool.held - tier_pool.offered - tier_pool.blocked), (event_pool.capacity + event_pool.overbooking - event_pool.confirmed - event_pool.held - event_pool.offered - event_pool.blocked), shared_pools.places), 0) END AS available, ticket_tier.sales_start_at, ticket_tier.sales_end_at, ticket_tier.per_person_limit, ticket_tier.shared_pool_ids, ticket_tier.version FROM ticket_tiers AS ticket_tier
JOIN capacity_pools AS tier_pool ON tier_pool.event_id = ticket_tier.event_id AND tier_pool.id = ticket_tier.id
JOIN capacity_pools AS event_pool
    ON event_pool.event_id = ticket_tier.event_id AND event_pool.kind = 'EVENT'
-- Most tiers draw on no shared pool: for them PostgreSQL reads none.
CROSS JOIN LATERAL (
    SELECT min(shared.capacity + shared.overbooking - shared.confirmed - shared.held - shared.offered - shared.blocked) AS places
    FROM capacity_pools AS shared
    WHERE ticket_tier.shared_pool_ids <> '{}'
        AND shared.event_id = ticket_tier.event_id AND shared.id = ANY(ticket_tier.shared_pool_ids)
) AS shared_pools WHERE (ticket_tier.event_id, ticket_tier.id) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[])) AND EXISTS (SELECT FROM events AS event_1 WHERE event_1.id = ticket_tier.event_id AND ((event_1.status IN ('PUBLISHED') OR (event_1.status IN ('CANCELLED', 'POSTPONED') AND event_1.published_at IS NOT NULL)) OR event_1.organization_id = ANY($3::uuid[]) OR EXISTS (SELECT FROM registrations AS registration_2 WHERE registration_2.event_id = event_1.id AND registration_2.user_id = $4::uuid) OR EXISTS (SELECT FROM waitlist_entries AS waitlist_entry_3 WHERE waitlist_entry_3.event_id = event_1.id AND waitlist_entry_3.user_id = $4::uuid)));

SELECT waitlist_entry.event_id AS parent_id, count(*) AS total FROM waitlist_entries AS waitlist_entry
WHERE waitlist_entry.event_id = ANY($4::uuid[]) AND waitlist_entry.status = ANY($1::text[]) AND (waitlist_entry.user_id = $2::uuid OR EXISTS (SELECT FROM events AS event_1 WHERE event_1.id = waitlist_entry.event_id AND event_1.organization_id = ANY($3::uuid[]))) GROUP BY waitlist_entry.event_id;
