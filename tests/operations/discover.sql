SELECT event.id, event.organization_id, event.venue_id, event.slug, event.title, event.summary, event.description, event.category, event.tags, event.status, event.starts_at_local, event.ends_at_local, event.timezone, event.starts_at, event.ends_at, event.online, event.url, event.published_at, event.created_at, event.updated_at, event.version, organization.id AS organization__id, organization.slug AS organization__slug, organization.name AS organization__name, organization.description AS organization__description, organization.url AS organization__url, organization.created_at AS organization__created_at, organization.updated_at AS organization__updated_at, organization.version AS organization__version, venue.id AS venue__id, venue.organization_id AS venue__organization_id, venue.name AS venue__name, venue.address AS venue__address, venue.city AS venue__city, venue.country AS venue__country, venue.timezone AS venue__timezone, venue.capacity AS venue__capacity, venue.version AS venue__version, pool.event_id AS pool__event_id, pool.id AS pool__id, pool.capacity AS pool__capacity, pool.overbooking AS pool__overbooking, pool.confirmed AS pool__confirmed, pool.held AS pool__held, pool.offered AS pool__offered, pool.blocked AS pool__blocked, pool.checked_in AS pool__checked_in, head.waiting AS pool__waiting, head.stream_version AS pool__stream_version, (event.starts_at)::text AS sort_key, event.id AS sort_id
FROM events AS event
JOIN organizations AS organization ON organization.id = event.organization_id
LEFT JOIN venues AS venue ON venue.id = event.venue_id
JOIN capacity_pools AS pool ON pool.event_id = event.id AND pool.kind = 'EVENT' JOIN event_heads AS head ON head.event_id = event.id
WHERE ((event.status = 'PUBLISHED' AND event.starts_at > $1::timestamptz) OR (event.status = 'PUBLISHED' AND event.starts_at <= $1::timestamptz AND event.ends_at > $1::timestamptz) OR event.status = 'POSTPONED') AND (event.status IN ('PUBLISHED') OR (event.status IN ('CANCELLED', 'POSTPONED') AND event.published_at IS NOT NULL))
ORDER BY event.starts_at ASC, event.id ASC
LIMIT 21;

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
