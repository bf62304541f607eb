"""What keeps and reads the search document of events inside PostgreSQL: functions and triggers, no tables.

`docs/search.md` tells what they make findable, `docs/adr/0011-search.md` why they stand in the database. The newest
migration that touches them holds a copy of its own, and a test compares what both make.
"""

# Other scripts have letters that look like Latin ones, and mean them.
# ruff: noqa: RUF001

from sqlalchemy import DDL, event

from db.tables.columns import metadata

FOLDED = r"""
CREATE FUNCTION bilten_folded(words text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    folded text := lower(words COLLATE "pg_c_utf8");
BEGIN
    IF octet_length(folded) > char_length(folded) THEN
        -- The breve makes another letter of и; everything else above and below letters is dropped.
        folded := lower(normalize(folded, NFKD) COLLATE "pg_c_utf8");
        folded := normalize(regexp_replace(folded, '(?<!и)\u0306|[\u0300-\u0305\u0307-\u036f\u00ad]', '', 'g'), NFC);
    END IF;
    IF octet_length(folded) > char_length(folded) THEN
        folded := translate(folded, 'øłđðıħŧςə', 'olddihtσe');
        folded := replace(replace(replace(replace(folded, 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th');
        -- All but letters, digits and the vowel signs of some scripts: the parser of words asks the locale of the
        -- database, and in a plain one takes quotes and pictures for letters.
        folded := regexp_replace(
            folded COLLATE "pg_c_utf8",
            '[^[:alnum:]+#\u0483-\u0489\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0900-\u0dff'
            '\u0e00-\u109f\u1780-\u17ff\u3099\u309a]', ' ', 'g'
        );
        folded := regexp_replace(
            folded,
            '([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])',
            ' \1 ', 'g'
        );
    END IF;
    IF strpos(folded, '++') > 0 THEN
        folded := regexp_replace(folded, '([a-z0-9])\+\+', '\1plusplus', 'g');
    END IF;
    IF strpos(folded, '#') > 0 THEN
        folded := regexp_replace(folded, '\m([a-z])#', '\1sharp', 'g');
    END IF;
    -- What would join words into addresses, paths, signed numbers or tags; all else separates words anyway.
    RETURN translate(folded, '-./@_+<&~', '         ');
END
$$
"""
"""Small letters without marks; what is not part of a word becomes a blank, and letters of scripts that write no blanks
become words."""

LANGUAGES = """
CREATE FUNCTION bilten_languages(zone text, folded text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN ARRAY['english'] || CASE
    WHEN zone IN ('Europe/Berlin', 'Europe/Busingen', 'Europe/Vienna', 'Europe/Vaduz') THEN ARRAY['german']
    WHEN zone = 'Europe/Zurich' THEN ARRAY['german', 'french', 'italian']
    WHEN zone = 'Europe/Luxembourg' THEN ARRAY['german', 'french']
    WHEN zone = 'Europe/Brussels' THEN ARRAY['dutch', 'french']
    WHEN zone IN ('Europe/Paris', 'Europe/Monaco', 'America/Toronto', 'America/Montreal', 'America/Martinique',
        'America/Guadeloupe', 'America/Cayenne', 'Indian/Reunion', 'Africa/Abidjan', 'Africa/Dakar',
        'Africa/Kinshasa', 'Africa/Algiers', 'Africa/Tunis', 'Africa/Casablanca') THEN ARRAY['french']
    WHEN zone IN ('Europe/Rome', 'Europe/San_Marino', 'Europe/Vatican') THEN ARRAY['italian']
    WHEN zone IN ('Europe/Madrid', 'Atlantic/Canary', 'Africa/Ceuta', 'America/Mexico_City', 'America/Monterrey',
        'America/Cancun', 'America/Tijuana', 'America/Bogota', 'America/Lima', 'America/Santiago', 'America/Caracas',
        'America/La_Paz', 'America/Guayaquil', 'America/Montevideo', 'America/Asuncion', 'America/Guatemala',
        'America/Costa_Rica', 'America/El_Salvador', 'America/Tegucigalpa', 'America/Managua', 'America/Panama',
        'America/Havana', 'America/Santo_Domingo', 'America/Puerto_Rico', 'America/Buenos_Aires')
        OR starts_with(zone, 'America/Argentina/') THEN ARRAY['spanish']
    WHEN zone = 'Europe/Andorra' THEN ARRAY['catalan', 'spanish']
    WHEN zone IN ('Europe/Lisbon', 'Atlantic/Azores', 'Atlantic/Madeira', 'America/Sao_Paulo', 'America/Bahia',
        'America/Fortaleza', 'America/Recife', 'America/Belem', 'America/Manaus', 'America/Cuiaba',
        'America/Campo_Grande', 'Africa/Luanda', 'Africa/Maputo', 'Atlantic/Cape_Verde') THEN ARRAY['portuguese']
    WHEN zone IN ('Europe/Amsterdam', 'America/Paramaribo', 'America/Curacao', 'America/Aruba') THEN ARRAY['dutch']
    WHEN zone IN ('Europe/Copenhagen', 'Atlantic/Faroe') THEN ARRAY['danish']
    WHEN zone IN ('Europe/Oslo', 'Arctic/Longyearbyen') THEN ARRAY['norwegian']
    WHEN zone = 'Europe/Stockholm' THEN ARRAY['swedish']
    WHEN zone IN ('Europe/Helsinki', 'Europe/Mariehamn') THEN ARRAY['finnish', 'swedish']
    WHEN zone = 'Europe/Tallinn' THEN ARRAY['estonian']
    WHEN zone = 'Europe/Vilnius' THEN ARRAY['lithuanian']
    WHEN zone = 'Europe/Dublin' THEN ARRAY['irish']
    WHEN zone = 'Europe/Budapest' THEN ARRAY['hungarian']
    WHEN zone IN ('Europe/Bucharest', 'Europe/Chisinau') THEN ARRAY['romanian']
    WHEN zone IN ('Europe/Belgrade', 'Europe/Podgorica', 'Europe/Sarajevo', 'Europe/Zagreb') THEN ARRAY['serbian']
    WHEN zone = 'Europe/Istanbul' THEN ARRAY['turkish']
    WHEN zone IN ('Asia/Jakarta', 'Asia/Pontianak', 'Asia/Makassar', 'Asia/Jayapura') THEN ARRAY['indonesian']
    ELSE ARRAY[]::text[]
END || CASE
    -- Nothing but ASCII is left of most texts: then no other script needs to be looked for.
    WHEN octet_length(folded) = char_length(folded) THEN ARRAY[]::text[]
    ELSE array_remove(ARRAY[
        CASE WHEN folded ~ '[\u0400-\u04ff]' THEN 'russian' END,
        CASE WHEN folded ~ '[\u0370-\u03ff]' THEN 'greek' END,
        CASE WHEN folded ~ '[\u0600-\u06ff]' THEN 'arabic' END,
        CASE WHEN folded ~ '[\u0590-\u05ff]' THEN 'yiddish' END,
        CASE WHEN folded ~ '[\u0530-\u058f]' THEN 'armenian' END,
        CASE WHEN folded ~ '[\u0b80-\u0bff]' THEN 'tamil' END,
        CASE WHEN folded ~ '[\u0900-\u097f]' THEN CASE WHEN zone = 'Asia/Kathmandu' THEN 'nepali' ELSE 'hindi' END END
    ], NULL)
END
"""
"""The text search configurations that stem a text: English, what is written where the event happens, and what its
letters tell."""

DOCUMENT = """
CREATE FUNCTION bilten_document(languages text[], folded text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
BEGIN
    RETURN (SELECT coalesce(
        string_agg('''' || mark || lexeme || ''':' || array_to_string(positions, ','), ' '), ''
    )::tsvector
    FROM (
        SELECT '' AS mark, lexeme, positions FROM unnest(to_tsvector('simple', folded))
        UNION ALL
        SELECT '~' AS mark, lexeme, positions
        FROM unnest(languages) AS language, unnest(to_tsvector(language::regconfig, folded))
        -- Numbers have no stems, and a language none for words in other scripts; Serbian is written in two. With the
        -- tilde, the longest words that are indexed would be too long.
        WHERE lexeme COLLATE "C" >= 'a' AND octet_length(lexeme) < 2000 AND (language = 'serbian' OR (
            octet_length(lexeme) > char_length(lexeme)
        ) = (language IN ('russian', 'greek', 'arabic', 'yiddish', 'armenian', 'tamil', 'hindi', 'nepali')))
    ) AS words);
END
$$
"""
"""The words of a folded text as they stand there, and in the same places their stems behind a tilde.

No folded word begins with one, so that neither a prefix nor a whole word meets a stem by chance.
"""

QUERY = """
CREATE FUNCTION bilten_query(terms text[], ranking boolean) RETURNS tsquery
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    term text;
    kind text;
    exact tsquery;
    found tsquery;
    stems text[];
    stem text;
    lexeme text;
    language text;
    whole tsquery;
BEGIN
    FOREACH term IN ARRAY terms LOOP
        kind := left(term, 1);
        CONTINUE WHEN ranking AND kind = '-';
        exact := phraseto_tsquery('simple', bilten_folded(substr(term, 2)));
        CONTINUE WHEN numnode(exact) = 0;
        lexeme := substring(exact::text FROM '''([^'']+)''$');
        found := exact;
        IF (kind IN ('+', '*') AND octet_length(lexeme) >= 3) OR (kind = '*' AND char_length(lexeme) >= 2) THEN
            found := (exact::text || ':*')::tsquery;
        END IF;
        IF numnode(exact) = 1 AND kind <> '=' AND lexeme COLLATE "C" >= 'a' AND octet_length(lexeme) < 2000 THEN
            stems := ARRAY[]::text[];
            FOREACH language IN ARRAY CASE WHEN octet_length(lexeme) = char_length(lexeme)
                THEN ARRAY['english', 'german', 'french', 'italian', 'spanish', 'catalan', 'portuguese', 'dutch',
                    'danish', 'norwegian', 'swedish', 'finnish', 'estonian', 'lithuanian', 'irish', 'hungarian',
                    'romanian', 'serbian', 'turkish', 'indonesian']
                ELSE ARRAY['russian', 'serbian', 'greek', 'arabic', 'yiddish', 'armenian', 'tamil', 'hindi', 'nepali']
            END LOOP
                stems := stems || tsvector_to_array(to_tsvector(language::regconfig, lexeme));
            END LOOP;
            FOREACH stem IN ARRAY ARRAY(SELECT DISTINCT unnest(stems) ORDER BY 1) LOOP
                found := found || ('''~' || stem || '''')::tsquery;
            END LOOP;
        END IF;
        IF kind = '-' THEN
            found := !! found;
        END IF;
        whole := CASE WHEN whole IS NULL THEN found WHEN ranking THEN whole || found ELSE whole && found END;
    END LOOP;
    RETURN whole;
END
$$
"""
"""The query that terms make: `*pyth` a word that is still being typed, `+word`, `=exact words`, `-without`.

A word also means longer ones that begin with it, from three bytes on, or two letters while it is typed: what is shorter
begins too many words. For ranking the terms are alternatives, so that each adds its weight. Never fails; null when no
term holds a word.
"""

FOUND = """
CREATE FUNCTION bilten_found(query tsquery, most integer) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE STRICT ROWS 500
SET enable_seqscan = off
SET enable_indexscan = off
AS $$
BEGIN
    RETURN QUERY SELECT event.id FROM events AS event WHERE event.search @@ query LIMIT most;
END
$$
"""
"""The first events that a query finds, always from the index of words: the planner does not know what reading documents
from end to end costs, and would rather read many."""

EVENT_DOCUMENT = """
CREATE FUNCTION bilten_event_document(event events, OUT ranked tsvector, OUT described tsvector)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    title text := bilten_folded(event.title);
    labels text := bilten_folded(event.category || ' ' || bilten_words(event.tags));
    place text := bilten_folded(concat_ws(' ', event.organization_words, event.venue_words));
    summary text := bilten_folded(event.summary);
    description text := bilten_folded(event.description);
    languages text[] := bilten_languages(event.timezone, concat_ws(' ', title, labels, place, summary, description));
BEGIN
    ranked := setweight(bilten_document(languages, title), 'A')
        || setweight(bilten_document(languages, labels), 'B')
        || setweight(bilten_document(languages, place), 'C')
        || setweight(bilten_document(languages, coalesce(summary, '')), 'D');
    described := bilten_document(languages, coalesce(description, ''));
END
$$
"""
"""What an event's row makes findable: what ranks a find, by weight (title, category and tags, organization and venue,
summary), and what only finds, the description."""

ON_EVENT = """
CREATE FUNCTION bilten_event_words() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    -- The lock keeps a name as it is until this event is there for whoever renames. Names are read only when the
    -- event comes to point at another row, so that an edit never waits for a renaming that waits for the edit.
    IF TG_OP = 'INSERT' OR NEW.organization_words IS NULL OR NEW.organization_id <> OLD.organization_id THEN
        SELECT name INTO NEW.organization_words FROM organizations WHERE id = NEW.organization_id FOR SHARE;
    END IF;
    IF NEW.venue_id IS NULL THEN
        NEW.venue_words := NULL;
    ELSIF TG_OP = 'INSERT' OR NEW.venue_words IS NULL OR NEW.venue_id IS DISTINCT FROM OLD.venue_id THEN
        SELECT name || ' ' || city INTO NEW.venue_words FROM venues WHERE id = NEW.venue_id FOR SHARE;
    END IF;
    SELECT ranked, ranked || described INTO NEW.search_rank, NEW.search FROM bilten_event_document(NEW);
    RETURN NEW;
END
$$
"""

"""Keeps the document of an event equal to its row, however the row arrives."""

ON_ORGANIZATION = """
CREATE FUNCTION bilten_organization_words() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    UPDATE events SET organization_words = NEW.name WHERE organization_id = NEW.id;
    RETURN NULL;
END
$$
"""
"""Carries a renamed organization to its events."""

ON_VENUE = """
CREATE FUNCTION bilten_venue_words() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    UPDATE events SET venue_words = NEW.name || ' ' || NEW.city WHERE venue_id = NEW.id;
    RETURN NULL;
END
$$
"""
"""Carries a renamed venue, or one in another city, to its events."""

EVENT_TRIGGER = """
CREATE TRIGGER events_words BEFORE INSERT OR UPDATE OF organization_id, venue_id, title, summary, description, category,
    tags, timezone, organization_words, venue_words, search, search_rank
ON events FOR EACH ROW EXECUTE FUNCTION bilten_event_words()
"""

ORGANIZATION_TRIGGER = """
CREATE TRIGGER organizations_words AFTER UPDATE OF name
ON organizations FOR EACH ROW WHEN (old.name IS DISTINCT FROM new.name) EXECUTE FUNCTION bilten_organization_words()
"""

VENUE_TRIGGER = """
CREATE TRIGGER venues_words AFTER UPDATE OF name, city
ON venues FOR EACH ROW WHEN (old.name IS DISTINCT FROM new.name OR old.city IS DISTINCT FROM new.city)
EXECUTE FUNCTION bilten_venue_words()
"""

for function in (FOLDED, LANGUAGES, DOCUMENT, QUERY):
    event.listen(metadata, "before_create", DDL(function.replace("%", "%%")))
for statement in (
    FOUND,
    EVENT_DOCUMENT,
    ON_EVENT,
    ON_ORGANIZATION,
    ON_VENUE,
    EVENT_TRIGGER,
    ORGANIZATION_TRIGGER,
    VENUE_TRIGGER,
):
    event.listen(metadata, "after_create", DDL(statement))
