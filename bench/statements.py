"""The floor's SQL: one statement for each operation, with the visibility of `domain/permissions/` written by hand.

What follows from another condition is left out: whoever sees an event sees its organization, venue, tiers and pools,
and one's own registrations show their events. A viewer who has no account yet finds nothing here.
"""
# ruff: noqa: S608 - statements are composed of the pieces below, and every value is bound

_VIEWER = """
viewer AS MATERIALIZED (
    SELECT account.id, account.name, account.email, account.status, account.platform_role,
        ARRAY(SELECT m.organization_id FROM memberships AS m WHERE m.user_id = account.id) AS teams
    FROM users AS account WHERE account.issuer = $1 AND account.subject = $2
)
"""
_SEES = """
(event.status = 'PUBLISHED' OR event.status IN ('POSTPONED', 'CANCELLED') AND event.published_at IS NOT NULL
    OR viewer.platform_role IN ('ADMIN', 'ANALYST') OR event.organization_id = ANY (viewer.teams)
    OR EXISTS (SELECT FROM registrations AS own WHERE own.event_id = event.id AND own.user_id = viewer.id))
"""
_LEFT = "({0}.capacity + {0}.overbooking - {0}.confirmed - {0}.held - {0}.offered - {0}.blocked)"
# LEAST passes over what is unlimited; what is left of nothing limited is unlimited, and never below zero.
_AVAILABLE = f"""
CASE WHEN tier_pool.capacity IS NOT NULL OR pool.capacity IS NOT NULL
    THEN greatest(least({_LEFT.format("tier_pool")}, {_LEFT.format("pool")}), 0) END
"""
_PUBLIC = """
SELECT event.* FROM events AS event
WHERE event.status = 'PUBLISHED' AND event.starts_at > $1 ORDER BY event.starts_at, event.id LIMIT {limit}
"""
_TICKETS = """
ARRAY(SELECT ROW(ticket.id, ticket.code, ticket.status) FROM tickets AS ticket
    WHERE ticket.event_id = registration.event_id AND ticket.registration_id = registration.id ORDER BY ticket.id)
"""

DISCOVER = f"""
SELECT event.id, event.slug, event.title, event.summary, event.category, event.tags, event.starts_at, event.ends_at,
    event.starts_at::text AS sort_key, event.timezone, event.online,
    organization.id AS organization_id, organization.slug AS organization_slug, organization.name AS organization_name,
    venue.id AS venue_id, venue.name AS venue_name, venue.city, venue.country,
    pool.capacity, pool.confirmed, {_LEFT.format("pool")} AS free, head.stream_version,
    ARRAY(SELECT ROW(tier.id, tier.name, tier.price_minor, tier.currency, {_AVAILABLE})
        FROM ticket_tiers AS tier
        JOIN capacity_pools AS tier_pool ON tier_pool.event_id = tier.event_id AND tier_pool.id = tier.id
        WHERE tier.event_id = event.id ORDER BY tier.position, tier.id) AS tiers
FROM ({_PUBLIC.format(limit=21)}) AS event
JOIN organizations AS organization ON organization.id = event.organization_id
LEFT JOIN venues AS venue ON venue.id = event.venue_id
JOIN capacity_pools AS pool ON pool.event_id = event.id AND pool.id = event.id
JOIN event_heads AS head ON head.event_id = event.id
ORDER BY event.starts_at, event.id
"""

LISTING = f"""
SELECT event.id, event.slug, event.title, event.category, event.starts_at, event.ends_at, event.timezone,
    event.starts_at::text AS sort_key, organization.id AS organization_id, organization.name AS organization_name
FROM ({_PUBLIC.format(limit=501)}) AS event
JOIN organizations AS organization ON organization.id = event.organization_id
ORDER BY event.starts_at, event.id
"""

DETAIL = f"""
WITH {_VIEWER}
SELECT viewer.status AS account_status, found.* FROM viewer LEFT JOIN LATERAL (
    SELECT event.*,
        ROW(organization.id, organization.slug, organization.name, organization.description, organization.url)
            AS organization,
        venue.id AS venue_key, venue.name AS venue_name, venue.address, venue.city, venue.country,
        venue.timezone AS venue_timezone,
        pool.capacity, pool.confirmed, pool.held, pool.offered, pool.blocked, {_LEFT.format("pool")} AS free,
        head.stream_version,
        ARRAY(SELECT ROW(tier.id, tier.name, tier.description, tier.price_minor, tier.currency, tier_pool.capacity,
                tier_pool.confirmed, {_AVAILABLE}, tier.sales_start_at, tier.sales_end_at, tier.per_person_limit)
            FROM ticket_tiers AS tier
            JOIN capacity_pools AS tier_pool ON tier_pool.event_id = tier.event_id AND tier_pool.id = tier.id
            WHERE tier.event_id = event.id ORDER BY tier.position, tier.id) AS tiers,
        (SELECT ROW(registration.id, registration.status, registration.quantity, registration.price_minor,
                registration.currency, {_TICKETS})
            FROM registrations AS registration
            WHERE registration.event_id = event.id AND registration.user_id = viewer.id
                AND registration.status IN ('CONFIRMED', 'HELD', 'PENDING_APPROVAL')
            ORDER BY registration.created_at DESC, registration.id DESC LIMIT 1) AS registration
    FROM events AS event
    JOIN organizations AS organization ON organization.id = event.organization_id
    LEFT JOIN venues AS venue ON venue.id = event.venue_id
    JOIN capacity_pools AS pool ON pool.event_id = event.id AND pool.id = event.id
    JOIN event_heads AS head ON head.event_id = event.id
    WHERE event.id = $3 AND {_SEES}
) AS found ON true
"""

MY_REGISTRATIONS = f"""
WITH {_VIEWER}
SELECT viewer.status AS account_status, viewer.id AS viewer_id, viewer.name AS viewer_name, viewer.email,
    (SELECT count(*) FROM registrations AS own WHERE own.user_id = viewer.id) AS total,
    registration.*, {_TICKETS} AS tickets,
    event.slug, event.title, event.status AS event_status, event.starts_at, event.ends_at, event.timezone,
    organization.name AS organization_name, venue.name AS venue_name, venue.city, tier.name AS tier_name
FROM viewer LEFT JOIN LATERAL (
    SELECT r.id, r.event_id, r.ticket_tier_id, r.status, r.quantity, r.price_minor, r.currency, r.created_at,
        r.cancelled_at, r.created_at::text AS sort_key
    FROM registrations AS r WHERE r.user_id = viewer.id ORDER BY r.created_at DESC, r.id DESC LIMIT 11
) AS registration ON true
LEFT JOIN events AS event ON event.id = registration.event_id
LEFT JOIN organizations AS organization ON organization.id = event.organization_id
LEFT JOIN venues AS venue ON venue.id = event.venue_id
LEFT JOIN ticket_tiers AS tier ON tier.event_id = registration.event_id AND tier.id = registration.ticket_tier_id
ORDER BY registration.created_at DESC, registration.id DESC
"""

# Each statement of a function sees what was committed before it began, as each one of a transaction does; so what is
# read after the lock is what holds. It lives in the session, so that nothing of it stays in the database.
REGISTER_FUNCTION = f"""
CREATE OR REPLACE FUNCTION pg_temp.register(
    its_issuer text, its_subject text, its_event uuid, its_tier uuid, places int, new_id uuid,
    ticket_ids uuid[], ticket_codes text[], its_key text, its_hash bytea, its_request text, its_time timestamptz,
    OUT refusal text, OUT id uuid, OUT status text, OUT quantity int, OUT price_minor bigint, OUT currency text,
    OUT created_at timestamptz, OUT keys uuid[], OUT codes text[], OUT states text[]
) LANGUAGE plpgsql AS $function$
#variable_conflict use_column
DECLARE
    account uuid; head record; tier record; made uuid; fits boolean; own bigint;
BEGIN
    WITH {_VIEWER.replace("$1", "its_issuer").replace("$2", "its_subject")}
    SELECT viewer.id INTO account FROM viewer JOIN events AS event ON event.id = its_event AND {_SEES}
    WHERE viewer.status = 'ACTIVE';
    IF account IS NULL THEN
        refusal := 'NOT_FOUND'; RETURN;
    END IF;
    INSERT INTO idempotency_keys AS kept (scope_id, user_id, key, input_hash, created_at)
    VALUES (its_event, account, its_key, its_hash, its_time)
    ON CONFLICT (scope_id, user_id, key) DO UPDATE
    SET input_hash = excluded.input_hash, created_at = excluded.created_at, object_id = NULL, refusals = NULL
    WHERE kept.created_at < its_time - interval '48 hours';
    IF NOT FOUND THEN
        SELECT kept.object_id INTO made FROM idempotency_keys AS kept
        WHERE kept.scope_id = its_event AND kept.user_id = account AND kept.key = its_key
            AND kept.input_hash = its_hash;
        IF made IS NULL THEN
            refusal := 'IDEMPOTENCY_KEY_REUSED'; RETURN;
        END IF;
    ELSE
        SELECT sales_open, sales_until INTO head FROM event_heads WHERE event_id = its_event FOR UPDATE;
        SELECT coalesce(bool_and(pool.capacity IS NULL OR {_LEFT.format("pool")} >= places), false) INTO fits
        FROM (SELECT p.* FROM capacity_pools AS p WHERE p.event_id = its_event AND p.id IN (its_event, its_tier)
            ORDER BY p.id FOR UPDATE) AS pool;
        SELECT t.* INTO tier FROM ticket_tiers AS t WHERE t.event_id = its_event AND t.id = its_tier;
        SELECT coalesce(sum(quantity), 0) INTO own FROM registrations
        WHERE event_id = its_event AND user_id = account AND ticket_tier_id = its_tier
            AND status IN ('CONFIRMED', 'HELD', 'PENDING_APPROVAL');
        refusal := CASE
            WHEN NOT head.sales_open OR its_time >= head.sales_until THEN 'REGISTRATION_CLOSED'
            WHEN tier.id IS NULL THEN 'TICKET_TIER_UNKNOWN'
            WHEN its_time < tier.sales_start_at THEN 'SALES_NOT_STARTED'
            WHEN its_time >= tier.sales_end_at THEN 'SALES_ENDED'
            WHEN own + places > tier.per_person_limit THEN 'PERSON_LIMIT_REACHED'
            WHEN NOT fits THEN 'SOLD_OUT' END;
        IF refusal IS NOT NULL THEN
            -- Undoes the claim of the key, as a refusal that time can change does.
            RAISE EXCEPTION USING errcode = 'P0001', message = refusal;
        END IF;
        made := new_id;
        INSERT INTO registrations (event_id, id, ticket_tier_id, user_id, status, quantity, price_minor, currency,
            created_at, updated_at)
        VALUES (its_event, made, its_tier, account, 'CONFIRMED', places, tier.price_minor, tier.currency,
            its_time, its_time);
        INSERT INTO tickets (event_id, id, registration_id, code, status)
        SELECT its_event, place.id, made, place.code, 'VALID' FROM unnest(ticket_ids, ticket_codes) AS place (id, code);
        UPDATE capacity_pools SET confirmed = confirmed + places WHERE event_id = its_event AND id = its_event;
        UPDATE capacity_pools SET confirmed = confirmed + places WHERE event_id = its_event AND id = its_tier;
        WITH head AS (
            UPDATE event_heads SET stream_version = stream_version + 1 WHERE event_id = its_event
            RETURNING stream_version
        )
        INSERT INTO journal (stream_id, version, stream, kind, object_id, data, actor_id, request_id, at)
        SELECT its_event, head.stream_version, 'event', 'PlacesConfirmed', made, jsonb_build_object(
            'version', 1, 'ticket_tier_id', its_tier, 'user_id', account, 'quantity', places, 'deltas',
            jsonb_build_object(its_event, jsonb_build_object('confirmed', places),
                its_tier, jsonb_build_object('confirmed', places))), account, its_request, its_time FROM head;
        UPDATE idempotency_keys SET object_id = made, refusals = NULL
        WHERE scope_id = its_event AND user_id = account AND key = its_key;
    END IF;
    SELECT registration.id, registration.status, registration.quantity, registration.price_minor,
        registration.currency, registration.created_at,
        array_agg(ticket.id ORDER BY ticket.id), array_agg(ticket.code ORDER BY ticket.id),
        array_agg(ticket.status ORDER BY ticket.id)
    INTO id, status, quantity, price_minor, currency, created_at, keys, codes, states
    FROM registrations AS registration
    JOIN tickets AS ticket ON ticket.event_id = registration.event_id AND ticket.registration_id = registration.id
    WHERE registration.event_id = its_event AND registration.id = made
    GROUP BY registration.event_id, registration.id;
END
$function$
"""
REGISTER = "SELECT * FROM pg_temp.register($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
