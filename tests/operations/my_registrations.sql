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
SELECT registration.event_id, registration.id, registration.ticket_tier_id, registration.user_id, registration.status, registration.quantity, registration.price_minor, registration.currency, registration.expires_at, registration.cancelled_at, registration.extensions, CASE WHEN registration.user_id = $1::uuid THEN registration.payment_reference ELSE NULL END AS payment_reference, registration.created_at, registration.updated_at, registration.version, event.id AS event__id, event.organization_id AS event__organization_id, event.venue_id AS event__venue_id, event.slug AS event__slug, event.title AS event__title, event.summary AS event__summary, event.description AS event__description, event.category AS event__category, event.tags AS event__tags, event.status AS event__status, event.starts_at_local AS event__starts_at_local, event.ends_at_local AS event__ends_at_local, event.timezone AS event__timezone, event.starts_at AS event__starts_at, event.ends_at AS event__ends_at, event.online AS event__online, event.url AS event__url, event.published_at AS event__published_at, event.created_at AS event__created_at, event.updated_at AS event__updated_at, event.version AS event__version, (registration.created_at)::text AS sort_key, registration.id AS sort_id, registration.created_at AS sort_value
FROM registrations AS registration
JOIN events AS event ON event.id = registration.event_id
WHERE registration.user_id = parent.id AND registration.user_id = $1::uuid
ORDER BY registration.created_at DESC, registration.id DESC
LIMIT 11
) AS page
ORDER BY parent.position, page.sort_value DESC, page.sort_id DESC;

SELECT registration.user_id AS parent_id, count(*) AS total FROM registrations AS registration
WHERE registration.user_id = ANY($2::uuid[]) AND registration.user_id = $1::uuid GROUP BY registration.user_id;

SELECT ticket.event_id, ticket.id, ticket.registration_id, CASE WHEN EXISTS (SELECT FROM registrations AS registration_3 WHERE registration_3.event_id = ticket.event_id AND registration_3.id = ticket.registration_id AND registration_3.user_id = $3::uuid) THEN ticket.code ELSE '(hidden)' END AS code, CASE WHEN EXISTS (SELECT FROM registrations AS registration_5 WHERE registration_5.event_id = ticket.event_id AND registration_5.id = ticket.registration_id AND registration_5.user_id = $3::uuid) THEN ticket.attendee_name ELSE NULL END AS attendee_name, ticket.status, ticket.checked_in_at FROM tickets AS ticket WHERE (ticket.event_id, ticket.registration_id) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[])) AND EXISTS (SELECT FROM registrations AS registration_1 WHERE registration_1.event_id = ticket.event_id AND registration_1.id = ticket.registration_id AND registration_1.user_id = $3::uuid)
ORDER BY ticket.event_id, ticket.registration_id, ticket.id;

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
