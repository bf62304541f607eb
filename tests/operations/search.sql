SELECT count(*) AS total FROM events AS event WHERE ((event.status = 'PUBLISHED' AND event.starts_at > $2::timestamptz)) AND event.search @@ bilten_query($1::text[], FALSE) AND (event.status IN ('PUBLISHED') OR (event.status IN ('CANCELLED', 'POSTPONED') AND event.published_at IS NOT NULL));

SELECT count(*) AS total FROM events AS event WHERE event.search @@ bilten_query($1::text[], FALSE) AND (event.status IN ('PUBLISHED') OR (event.status IN ('CANCELLED', 'POSTPONED') AND event.published_at IS NOT NULL));

SELECT event.id, event.organization_id, event.venue_id, event.slug, event.title, event.summary, event.description, event.category, event.tags, event.status, event.starts_at_local, event.ends_at_local, event.timezone, event.starts_at, event.ends_at, event.online, event.url, event.published_at, event.created_at, event.updated_at, event.version, organization.id AS organization__id, organization.slug AS organization__slug, organization.name AS organization__name, organization.description AS organization__description, organization.url AS organization__url, organization.created_at AS organization__created_at, organization.updated_at AS organization__updated_at, organization.version AS organization__version, venue.id AS venue__id, venue.organization_id AS venue__organization_id, venue.name AS venue__name, venue.address AS venue__address, venue.city AS venue__city, venue.country AS venue__country, venue.timezone AS venue__timezone, venue.capacity AS venue__capacity, venue.version AS venue__version, ((coalesce(ts_rank(event.search_rank, ranking.query), 0) * 1000000)::bigint)::text AS sort_key, event.id AS sort_id
FROM events AS event
CROSS JOIN (SELECT bilten_query($1::text[], TRUE) AS query OFFSET 0) AS ranking
JOIN organizations AS organization ON organization.id = event.organization_id
LEFT JOIN venues AS venue ON venue.id = event.venue_id
WHERE event.search @@ bilten_query($1::text[], FALSE) AND (event.status IN ('PUBLISHED') OR (event.status IN ('CANCELLED', 'POSTPONED') AND event.published_at IS NOT NULL))
ORDER BY (coalesce(ts_rank(event.search_rank, ranking.query), 0) * 1000000)::bigint DESC, event.id DESC
LIMIT 6;

WITH found AS MATERIALIZED (SELECT id FROM bilten_found(bilten_query($1::text[], FALSE), 2001) AS id)
SELECT page.* FROM ((
SELECT event.id, event.organization_id, event.venue_id, event.slug, event.title, event.summary, event.description, event.category, event.tags, event.status, event.starts_at_local, event.ends_at_local, event.timezone, event.starts_at, event.ends_at, event.online, event.url, event.published_at, event.created_at, event.updated_at, event.version, (event.starts_at)::text AS sort_key, event.id AS sort_id, event.starts_at AS sort_value
FROM events AS event
WHERE (SELECT count(*) FROM found) <= 2000 AND ((event.status = 'PUBLISHED' AND event.starts_at > $2::timestamptz)) AND event.id IN (SELECT found.id FROM found) AND (event.status IN ('PUBLISHED') OR (event.status IN ('CANCELLED', 'POSTPONED') AND event.published_at IS NOT NULL))
ORDER BY event.starts_at ASC, event.id ASC
LIMIT 6
) UNION ALL (
SELECT event.id, event.organization_id, event.venue_id, event.slug, event.title, event.summary, event.description, event.category, event.tags, event.status, event.starts_at_local, event.ends_at_local, event.timezone, event.starts_at, event.ends_at, event.online, event.url, event.published_at, event.created_at, event.updated_at, event.version, (event.starts_at)::text AS sort_key, event.id AS sort_id, event.starts_at AS sort_value
FROM events AS event
WHERE (SELECT count(*) FROM found) > 2000 AND ((event.status = 'PUBLISHED' AND event.starts_at > $2::timestamptz)) AND event.search @@ bilten_query($1::text[], FALSE) AND (event.status IN ('PUBLISHED') OR (event.status IN ('CANCELLED', 'POSTPONED') AND event.published_at IS NOT NULL))
ORDER BY event.starts_at ASC, event.id ASC
LIMIT 6
)) AS page
ORDER BY page.sort_value ASC, page.sort_id ASC
LIMIT 6;
