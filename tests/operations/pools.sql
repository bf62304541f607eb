SELECT account.id, CASE WHEN (account.id = $2::uuid OR EXISTS (SELECT FROM memberships AS membership_6 WHERE membership_6.user_id = account.id AND membership_6.organization_id = ANY($3::uuid[])) OR EXISTS (SELECT FROM registrations AS registration_7 WHERE registration_7.user_id = account.id AND EXISTS (SELECT FROM events AS event_8 WHERE event_8.id = registration_7.event_id AND event_8.organization_id = ANY($3::uuid[]))) OR EXISTS (SELECT FROM waitlist_entries AS waitlist_entry_9 WHERE waitlist_entry_9.user_id = account.id AND EXISTS (SELECT FROM events AS event_10 WHERE event_10.id = waitlist_entry_9.event_id AND event_10.organization_id = ANY($3::uuid[])))) THEN account.name ELSE '(hidden)' END AS name, CASE WHEN account.id = $2::uuid THEN account.email ELSE NULL END AS email, CASE WHEN account.id = $2::uuid THEN account.locale ELSE NULL END AS locale, CASE WHEN account.id = $2::uuid THEN account.timezone ELSE NULL END AS timezone, CASE WHEN account.id = $2::uuid THEN account.preferences ELSE '{}'::jsonb END AS preferences, account.platform_role, account.status, account.created_at, account.updated_at, account.version FROM users AS account WHERE account.id = ANY($1::uuid[]) AND (account.id = $2::uuid OR EXISTS (SELECT FROM memberships AS membership_1 WHERE membership_1.user_id = account.id AND membership_1.organization_id = ANY($3::uuid[])) OR EXISTS (SELECT FROM registrations AS registration_2 WHERE registration_2.user_id = account.id AND EXISTS (SELECT FROM events AS event_3 WHERE event_3.id = registration_2.event_id AND event_3.organization_id = ANY($3::uuid[]))) OR EXISTS (SELECT FROM waitlist_entries AS waitlist_entry_4 WHERE waitlist_entry_4.user_id = account.id AND EXISTS (SELECT FROM events AS event_5 WHERE event_5.id = waitlist_entry_4.event_id AND event_5.organization_id = ANY($3::uuid[]))));

SELECT account.id, account.status, account.platform_role, account.email, account.email_verified,
    team.organization_ids, team.roles
FROM users AS account, LATERAL (
    SELECT coalesce(array_agg(m.organization_id), '{}') AS organization_ids, coalesce(array_agg(m.role), '{}') AS roles
    FROM memberships AS m WHERE m.user_id = account.id
) AS team
WHERE account.issuer = $1 AND account.subject = $2;

SELECT capacity_block.event_id AS parent_id, count(*) AS total FROM capacity_blocks AS capacity_block
WHERE capacity_block.event_id = ANY($2::uuid[]) AND EXISTS (SELECT FROM events AS event_1 WHERE event_1.id = capacity_block.event_id AND event_1.organization_id = ANY($1::uuid[])) GROUP BY capacity_block.event_id;

SELECT capacity_pool.event_id, capacity_pool.id, capacity_pool.kind, coalesce(capacity_pool.name, tier.name, event.title) AS name, capacity_pool.capacity, capacity_pool.overbooking, capacity_pool.confirmed, capacity_pool.held, capacity_pool.offered, capacity_pool.blocked, capacity_pool.checked_in, capacity_pool.version FROM capacity_pools AS capacity_pool
JOIN events AS event ON event.id = capacity_pool.event_id
LEFT JOIN ticket_tiers AS tier ON tier.event_id = capacity_pool.event_id AND tier.id = capacity_pool.id
WHERE capacity_pool.event_id = ANY($1::uuid[])
ORDER BY capacity_pool.event_id, capacity_pool.kind <> 'EVENT', capacity_pool.kind = 'SHARED', tier.position,
    lower(capacity_pool.name), capacity_pool.id;

SELECT event.id, event.organization_id, event.venue_id, event.slug, event.title, event.summary, event.description, event.category, event.tags, event.status, event.starts_at_local, event.ends_at_local, event.timezone, event.starts_at, event.ends_at, event.online, event.url, event.published_at, event.created_at, event.updated_at, event.version FROM events AS event WHERE event.slug = ANY($1::text[]) AND ((event.status IN ('PUBLISHED') OR (event.status IN ('CANCELLED', 'POSTPONED') AND event.published_at IS NOT NULL)) OR event.organization_id = ANY($2::uuid[]) OR EXISTS (SELECT FROM registrations AS registration_1 WHERE registration_1.event_id = event.id AND registration_1.user_id = $3::uuid) OR EXISTS (SELECT FROM waitlist_entries AS waitlist_entry_2 WHERE waitlist_entry_2.event_id = event.id AND waitlist_entry_2.user_id = $3::uuid));

SELECT parent.id AS parent_id, page.*
FROM unnest($1::uuid[]) WITH ORDINALITY AS parent (id, position)
CROSS JOIN LATERAL (
SELECT line.stream_id, line.version, line.kind, line.object_id, line.data, hidden.data AS private, line.actor_id, line.request_id, line.at, (line.version)::text AS sort_key, line.object_id AS sort_id, line.version AS sort_value
FROM journal AS line LEFT JOIN journal_private AS hidden ON hidden.stream_id = line.stream_id AND hidden.version = line.version AND TRUE
WHERE line.stream_id = parent.id
ORDER BY line.version DESC, line.object_id DESC
LIMIT 6
) AS page
ORDER BY parent.position, page.sort_value DESC, page.sort_id DESC;

SELECT parent.id AS parent_id, page.*
FROM unnest($2::uuid[]) WITH ORDINALITY AS parent (id, position)
CROSS JOIN LATERAL (
SELECT capacity_block.event_id, capacity_block.id, capacity_block.pool_ids, capacity_block.quantity, capacity_block.owner, capacity_block.reason, capacity_block.release_at, capacity_block.released_at, capacity_block.created_by, capacity_block.created_at, capacity_block.updated_at, capacity_block.version, (capacity_block.created_at)::text AS sort_key, capacity_block.id AS sort_id, capacity_block.created_at AS sort_value
FROM capacity_blocks AS capacity_block
WHERE capacity_block.event_id = parent.id AND EXISTS (SELECT FROM events AS event_1 WHERE event_1.id = capacity_block.event_id AND event_1.organization_id = ANY($1::uuid[]))
ORDER BY capacity_block.created_at DESC, capacity_block.id DESC
LIMIT 11
) AS page
ORDER BY parent.position, page.sort_value DESC, page.sort_id DESC;

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
) AS shared_pools
WHERE ticket_tier.event_id = ANY($1::uuid[])
ORDER BY ticket_tier.event_id, ticket_tier.position, ticket_tier.id;
