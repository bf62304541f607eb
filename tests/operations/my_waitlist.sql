SELECT account.id, CASE WHEN account.id = $2::uuid THEN account.name ELSE '(hidden)' END AS name, CASE WHEN account.id = $2::uuid THEN account.email ELSE NULL END AS email, CASE WHEN account.id = $2::uuid THEN account.locale ELSE NULL END AS locale, CASE WHEN account.id = $2::uuid THEN account.timezone ELSE NULL END AS timezone, CASE WHEN account.id = $2::uuid THEN account.preferences ELSE '{}'::jsonb END AS preferences, account.platform_role, account.status, account.created_at, account.updated_at, account.version FROM users AS account WHERE account.id = ANY($1::uuid[]) AND account.id = $2::uuid;

SELECT account.id, account.status, account.platform_role, account.email, account.email_verified,
    team.organization_ids, team.roles
FROM users AS account, LATERAL (
    SELECT coalesce(array_agg(m.organization_id), '{}') AS organization_ids, coalesce(array_agg(m.role), '{}') AS roles
    FROM memberships AS m WHERE m.user_id = account.id
) AS team
WHERE account.issuer = $1 AND account.subject = $2;

SELECT organization.id, organization.slug, organization.name, organization.description, organization.url, organization.created_at, organization.updated_at, organization.version FROM organizations AS organization WHERE organization.id = ANY($1::uuid[]) AND TRUE;

SELECT parent.id AS parent_id, page.*
FROM unnest($2::uuid[]) WITH ORDINALITY AS parent (id, position)
CROSS JOIN LATERAL (
SELECT line.stream_id, line.version, line.kind, line.object_id, line.data, hidden.data AS private, line.actor_id, line.request_id, line.at, (line.version)::text AS sort_key, line.object_id AS sort_id, line.version AS sort_value
FROM journal AS line LEFT JOIN journal_private AS hidden ON hidden.stream_id = line.stream_id AND hidden.version = line.version AND hidden.subject_id = $1::uuid
WHERE line.object_id = parent.id
ORDER BY line.version DESC, line.object_id DESC
LIMIT 6
) AS page
ORDER BY parent.position, page.sort_value DESC, page.sort_id DESC;

SELECT parent.id AS parent_id, page.*
FROM unnest($2::uuid[]) WITH ORDINALITY AS parent (id, position)
CROSS JOIN LATERAL (
SELECT waitlist_entry.event_id, waitlist_entry.id, waitlist_entry.ticket_tier_id, waitlist_entry.user_id, waitlist_entry.quantity, waitlist_entry.status, waitlist_entry.priority, waitlist_entry.position, waitlist_entry.passed, waitlist_entry.offered_at, waitlist_entry.notified_at, waitlist_entry.offer_expires_at, waitlist_entry.registration_id, waitlist_entry.created_at, waitlist_entry.updated_at, waitlist_entry.version, event.id AS event__id, event.organization_id AS event__organization_id, event.venue_id AS event__venue_id, event.slug AS event__slug, event.title AS event__title, event.summary AS event__summary, event.description AS event__description, event.category AS event__category, event.tags AS event__tags, event.status AS event__status, event.starts_at_local AS event__starts_at_local, event.ends_at_local AS event__ends_at_local, event.timezone AS event__timezone, event.starts_at AS event__starts_at, event.ends_at AS event__ends_at, event.online AS event__online, event.url AS event__url, event.published_at AS event__published_at, event.created_at AS event__created_at, event.updated_at AS event__updated_at, event.version AS event__version, (waitlist_entry.created_at)::text AS sort_key, waitlist_entry.id AS sort_id, waitlist_entry.created_at AS sort_value
FROM waitlist_entries AS waitlist_entry
JOIN events AS event ON event.id = waitlist_entry.event_id
WHERE waitlist_entry.user_id = parent.id AND waitlist_entry.user_id = $1::uuid
ORDER BY waitlist_entry.created_at DESC, waitlist_entry.id DESC
LIMIT 11
) AS page
ORDER BY parent.position, page.sort_value DESC, page.sort_id DESC;

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
) AS shared_pools WHERE (ticket_tier.event_id, ticket_tier.id) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[])) AND EXISTS (SELECT FROM events AS event_1 WHERE event_1.id = ticket_tier.event_id AND ((event_1.status IN ('PUBLISHED') OR (event_1.status IN ('CANCELLED', 'POSTPONED') AND event_1.published_at IS NOT NULL)) OR EXISTS (SELECT FROM registrations AS registration_2 WHERE registration_2.event_id = event_1.id AND registration_2.user_id = $3::uuid) OR EXISTS (SELECT FROM waitlist_entries AS waitlist_entry_3 WHERE waitlist_entry_3.event_id = event_1.id AND waitlist_entry_3.user_id = $3::uuid)));

SELECT venue.id, venue.organization_id, venue.name, venue.address, venue.city, venue.country, venue.timezone, venue.capacity, venue.version FROM venues AS venue WHERE venue.id = ANY($1::uuid[]) AND EXISTS (SELECT FROM events AS event_1 WHERE event_1.venue_id = venue.id AND ((event_1.status IN ('PUBLISHED') OR (event_1.status IN ('CANCELLED', 'POSTPONED') AND event_1.published_at IS NOT NULL)) OR EXISTS (SELECT FROM registrations AS registration_2 WHERE registration_2.event_id = event_1.id AND registration_2.user_id = $2::uuid) OR EXISTS (SELECT FROM waitlist_entries AS waitlist_entry_3 WHERE waitlist_entry_3.event_id = event_1.id AND waitlist_entry_3.user_id = $2::uuid)));

SELECT waitlist_entry.user_id AS parent_id, count(*) AS total FROM waitlist_entries AS waitlist_entry
WHERE waitlist_entry.user_id = ANY($2::uuid[]) AND waitlist_entry.user_id = $1::uuid GROUP BY waitlist_entry.user_id;
