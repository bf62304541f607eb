SELECT account.id, account.status, account.platform_role, account.email, account.email_verified,
    team.organization_ids, team.roles
FROM users AS account, LATERAL (
    SELECT coalesce(array_agg(m.organization_id), '{}') AS organization_ids, coalesce(array_agg(m.role), '{}') AS roles
    FROM memberships AS m WHERE m.user_id = account.id
) AS team
WHERE account.issuer = $1 AND account.subject = $2;

SELECT event.organization_id AS parent_id, count(*) AS total FROM events AS event
WHERE event.organization_id = ANY($3::uuid[]) AND (event.status = 'DRAFT') AND ((event.status IN ('PUBLISHED') OR (event.status IN ('CANCELLED', 'POSTPONED') AND event.published_at IS NOT NULL)) OR event.organization_id = ANY($1::uuid[]) OR EXISTS (SELECT FROM registrations AS registration_1 WHERE registration_1.event_id = event.id AND registration_1.user_id = $2::uuid) OR EXISTS (SELECT FROM waitlist_entries AS waitlist_entry_2 WHERE waitlist_entry_2.event_id = event.id AND waitlist_entry_2.user_id = $2::uuid)) GROUP BY event.organization_id;

SELECT event.organization_id AS parent_id, count(*) AS total FROM events AS event
WHERE event.organization_id = ANY($4::uuid[]) AND ((event.status = 'PUBLISHED' AND event.starts_at > $1::timestamptz) OR event.status = 'POSTPONED') AND ((event.status IN ('PUBLISHED') OR (event.status IN ('CANCELLED', 'POSTPONED') AND event.published_at IS NOT NULL)) OR event.organization_id = ANY($2::uuid[]) OR EXISTS (SELECT FROM registrations AS registration_1 WHERE registration_1.event_id = event.id AND registration_1.user_id = $3::uuid) OR EXISTS (SELECT FROM waitlist_entries AS waitlist_entry_2 WHERE waitlist_entry_2.event_id = event.id AND waitlist_entry_2.user_id = $3::uuid)) GROUP BY event.organization_id;

SELECT membership.organization_id AS parent_id, count(*) AS total FROM memberships AS membership
WHERE membership.organization_id = ANY($3::uuid[]) AND (membership.user_id = $1::uuid OR membership.organization_id = ANY($2::uuid[])) GROUP BY membership.organization_id;

SELECT organization.id, organization.slug, organization.name, organization.description, organization.url, organization.created_at, organization.updated_at, organization.version FROM organizations AS organization WHERE organization.slug = ANY($1::text[]) AND TRUE;

SELECT parent.id AS parent_id, page.*
FROM unnest($3::uuid[]) WITH ORDINALITY AS parent (id, position)
CROSS JOIN LATERAL (
SELECT event.id, event.organization_id, event.venue_id, event.slug, event.title, event.summary, event.description, event.category, event.tags, event.status, event.starts_at_local, event.ends_at_local, event.timezone, event.starts_at, event.ends_at, event.online, event.url, event.published_at, event.created_at, event.updated_at, event.version, (event.starts_at)::text AS sort_key, event.id AS sort_id, event.starts_at AS sort_value
FROM events AS event
WHERE event.organization_id = parent.id AND (event.status = 'DRAFT') AND ((event.status IN ('PUBLISHED') OR (event.status IN ('CANCELLED', 'POSTPONED') AND event.published_at IS NOT NULL)) OR event.organization_id = ANY($1::uuid[]) OR EXISTS (SELECT FROM registrations AS registration_1 WHERE registration_1.event_id = event.id AND registration_1.user_id = $2::uuid) OR EXISTS (SELECT FROM waitlist_entries AS waitlist_entry_2 WHERE waitlist_entry_2.event_id = event.id AND waitlist_entry_2.user_id = $2::uuid))
ORDER BY event.starts_at ASC, event.id ASC
LIMIT 6
) AS page
ORDER BY parent.position, page.sort_value ASC, page.sort_id ASC;

SELECT parent.id AS parent_id, page.*
FROM unnest($3::uuid[]) WITH ORDINALITY AS parent (id, position)
CROSS JOIN LATERAL (
SELECT membership.id, membership.organization_id, membership.user_id, membership.role, membership.created_at, membership.version, account.id AS user__id, CASE WHEN (account.id = $1::uuid OR EXISTS (SELECT FROM memberships AS membership_1 WHERE membership_1.user_id = account.id AND membership_1.organization_id = ANY($2::uuid[])) OR EXISTS (SELECT FROM registrations AS registration_2 WHERE registration_2.user_id = account.id AND EXISTS (SELECT FROM events AS event_3 WHERE event_3.id = registration_2.event_id AND event_3.organization_id = ANY($2::uuid[]))) OR EXISTS (SELECT FROM waitlist_entries AS waitlist_entry_4 WHERE waitlist_entry_4.user_id = account.id AND EXISTS (SELECT FROM events AS event_5 WHERE event_5.id = waitlist_entry_4.event_id AND event_5.organization_id = ANY($2::uuid[])))) THEN account.name ELSE '(hidden)' END AS user__name, CASE WHEN account.id = $1::uuid THEN account.email ELSE NULL END AS user__email, CASE WHEN account.id = $1::uuid THEN account.locale ELSE NULL END AS user__locale, CASE WHEN account.id = $1::uuid THEN account.timezone ELSE NULL END AS user__timezone, CASE WHEN account.id = $1::uuid THEN account.preferences ELSE '{}'::jsonb END AS user__preferences, account.platform_role AS user__platform_role, account.status AS user__status, account.created_at AS user__created_at, account.updated_at AS user__updated_at, account.version AS user__version, (membership.created_at)::text AS sort_key, membership.id AS sort_id, membership.created_at AS sort_value
FROM memberships AS membership
JOIN users AS account ON account.id = membership.user_id
WHERE membership.organization_id = parent.id AND (membership.user_id = $1::uuid OR membership.organization_id = ANY($2::uuid[]))
ORDER BY membership.created_at ASC, membership.id ASC
LIMIT 11
) AS page
ORDER BY parent.position, page.sort_value ASC, page.sort_id ASC;

SELECT parent.id AS parent_id, page.*
FROM unnest($3::uuid[]) WITH ORDINALITY AS parent (id, position)
CROSS JOIN LATERAL (
SELECT registration.event_id, registration.id, registration.ticket_tier_id, registration.user_id, registration.status, registration.quantity, registration.price_minor, registration.currency, registration.expires_at, registration.cancelled_at, registration.extensions, CASE WHEN (registration.user_id = $1::uuid OR EXISTS (SELECT FROM events AS event_2 WHERE event_2.id = registration.event_id AND event_2.organization_id = ANY($2::uuid[]))) THEN registration.payment_reference ELSE NULL END AS payment_reference, registration.created_at, registration.updated_at, registration.version, account.id AS user__id, CASE WHEN (account.id = $1::uuid OR EXISTS (SELECT FROM memberships AS membership_3 WHERE membership_3.user_id = account.id AND membership_3.organization_id = ANY($2::uuid[])) OR EXISTS (SELECT FROM registrations AS registration_4 WHERE registration_4.user_id = account.id AND EXISTS (SELECT FROM events AS event_5 WHERE event_5.id = registration_4.event_id AND event_5.organization_id = ANY($2::uuid[]))) OR EXISTS (SELECT FROM waitlist_entries AS waitlist_entry_6 WHERE waitlist_entry_6.user_id = account.id AND EXISTS (SELECT FROM events AS event_7 WHERE event_7.id = waitlist_entry_6.event_id AND event_7.organization_id = ANY($2::uuid[])))) THEN account.name ELSE '(hidden)' END AS user__name, CASE WHEN account.id = $1::uuid THEN account.email ELSE NULL END AS user__email, CASE WHEN account.id = $1::uuid THEN account.locale ELSE NULL END AS user__locale, CASE WHEN account.id = $1::uuid THEN account.timezone ELSE NULL END AS user__timezone, CASE WHEN account.id = $1::uuid THEN account.preferences ELSE '{}'::jsonb END AS user__preferences, account.platform_role AS user__platform_role, account.status AS user__status, account.created_at AS user__created_at, account.updated_at AS user__updated_at, account.version AS user__version, (registration.created_at)::text AS sort_key, registration.id AS sort_id, registration.created_at AS sort_value
FROM registrations AS registration
JOIN users AS account ON account.id = registration.user_id
WHERE registration.event_id = parent.id AND (registration.user_id = $1::uuid OR EXISTS (SELECT FROM events AS event_1 WHERE event_1.id = registration.event_id AND event_1.organization_id = ANY($2::uuid[])))
ORDER BY registration.created_at ASC, registration.id ASC
LIMIT 6
) AS page
ORDER BY parent.position, page.sort_value ASC, page.sort_id ASC;

SELECT parent.id AS parent_id, page.*
FROM unnest($4::uuid[]) WITH ORDINALITY AS parent (id, position)
CROSS JOIN LATERAL (
SELECT event.id, event.organization_id, event.venue_id, event.slug, event.title, event.summary, event.description, event.category, event.tags, event.status, event.starts_at_local, event.ends_at_local, event.timezone, event.starts_at, event.ends_at, event.online, event.url, event.published_at, event.created_at, event.updated_at, event.version, pool.event_id AS pool__event_id, pool.id AS pool__id, pool.capacity AS pool__capacity, pool.overbooking AS pool__overbooking, pool.confirmed AS pool__confirmed, pool.held AS pool__held, pool.offered AS pool__offered, pool.blocked AS pool__blocked, pool.checked_in AS pool__checked_in, head.waiting AS pool__waiting, head.stream_version AS pool__stream_version, (event.starts_at)::text AS sort_key, event.id AS sort_id, event.starts_at AS sort_value
FROM events AS event
JOIN capacity_pools AS pool ON pool.event_id = event.id AND pool.kind = 'EVENT' JOIN event_heads AS head ON head.event_id = event.id
WHERE event.organization_id = parent.id AND ((event.status = 'PUBLISHED' AND event.starts_at > $1::timestamptz) OR event.status = 'POSTPONED') AND ((event.status IN ('PUBLISHED') OR (event.status IN ('CANCELLED', 'POSTPONED') AND event.published_at IS NOT NULL)) OR event.organization_id = ANY($2::uuid[]) OR EXISTS (SELECT FROM registrations AS registration_1 WHERE registration_1.event_id = event.id AND registration_1.user_id = $3::uuid) OR EXISTS (SELECT FROM waitlist_entries AS waitlist_entry_2 WHERE waitlist_entry_2.event_id = event.id AND waitlist_entry_2.user_id = $3::uuid))
ORDER BY event.starts_at ASC, event.id ASC
LIMIT 6
) AS page
ORDER BY parent.position, page.sort_value ASC, page.sort_id ASC;

SELECT registration.event_id AS parent_id, count(*) AS total FROM registrations AS registration
WHERE registration.event_id = ANY($3::uuid[]) AND (registration.user_id = $1::uuid OR EXISTS (SELECT FROM events AS event_1 WHERE event_1.id = registration.event_id AND event_1.organization_id = ANY($2::uuid[]))) GROUP BY registration.event_id;

SELECT ticket.event_id, ticket.id, ticket.registration_id, CASE WHEN EXISTS (SELECT FROM registrations AS registration_3 WHERE registration_3.event_id = ticket.event_id AND registration_3.id = ticket.registration_id AND (registration_3.user_id = $3::uuid OR EXISTS (SELECT FROM events AS event_4 WHERE event_4.id = registration_3.event_id AND event_4.organization_id = ANY($4::uuid[])))) THEN ticket.code ELSE '(hidden)' END AS code, CASE WHEN EXISTS (SELECT FROM registrations AS registration_5 WHERE registration_5.event_id = ticket.event_id AND registration_5.id = ticket.registration_id AND (registration_5.user_id = $3::uuid OR EXISTS (SELECT FROM events AS event_6 WHERE event_6.id = registration_5.event_id AND event_6.organization_id = ANY($4::uuid[])))) THEN ticket.attendee_name ELSE NULL END AS attendee_name, ticket.status, ticket.checked_in_at FROM tickets AS ticket WHERE (ticket.event_id, ticket.registration_id) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[])) AND EXISTS (SELECT FROM registrations AS registration_1 WHERE registration_1.event_id = ticket.event_id AND registration_1.id = ticket.registration_id AND (registration_1.user_id = $3::uuid OR EXISTS (SELECT FROM events AS event_2 WHERE event_2.id = registration_1.event_id AND event_2.organization_id = ANY($4::uuid[]))))
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
) AS shared_pools WHERE (ticket_tier.event_id, ticket_tier.id) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[])) AND EXISTS (SELECT FROM events AS event_1 WHERE event_1.id = ticket_tier.event_id AND ((event_1.status IN ('PUBLISHED') OR (event_1.status IN ('CANCELLED', 'POSTPONED') AND event_1.published_at IS NOT NULL)) OR event_1.organization_id = ANY($3::uuid[]) OR EXISTS (SELECT FROM registrations AS registration_2 WHERE registration_2.event_id = event_1.id AND registration_2.user_id = $4::uuid) OR EXISTS (SELECT FROM waitlist_entries AS waitlist_entry_3 WHERE waitlist_entry_3.event_id = event_1.id AND waitlist_entry_3.user_id = $4::uuid)));
