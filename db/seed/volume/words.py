"""The words that titles and descriptions of a large data set are put together from, in sixteen languages."""

# Other scripts have letters that look like Latin ones, and mean them.
# ruff: noqa: RUF001

from dataclasses import dataclass

CATEGORIES = (
    "Music",
    "Technology",
    "Community",
    "Workshop",
    "Conference",
    "Sport",
    "Food",
    "Art",
    "Theatre",
    "Film",
    "Business",
    "Science",
    "Literature",
    "Dance",
    "Games",
    "Health",
    "Nature",
    "Family",
    "History",
    "Craft",
)
"""Most frequent first: the n-th comes up about 1/n times as often as the first."""

TAGS = {
    "Music": ("jazz", "choir", "open-air", "acoustic", "electronic", "brass"),
    "Technology": ("python", "databases", "graphql", "security", "open-source", "hardware"),
    "Community": ("volunteers", "neighbourhood", "networking", "beginners"),
    "Workshop": ("hands-on", "small-group", "beginners", "weekend"),
    "Conference": ("talks", "two-tracks", "networking", "research"),
    "Sport": ("running", "climbing", "cycling", "tournament"),
    "Food": ("tasting", "street-food", "vegetarian", "baking"),
    "Art": ("exhibition", "painting", "photography", "sculpture"),
    "Theatre": ("premiere", "improv", "puppets", "drama"),
    "Film": ("documentary", "shorts", "silent", "animation"),
    "Business": ("pricing", "product", "founders", "remote"),
    "Science": ("astronomy", "physics", "climate", "lecture"),
    "Literature": ("reading", "poetry", "translation", "bookclub"),
    "Dance": ("tango", "salsa", "ballet", "beginners"),
    "Games": ("chess", "boardgames", "retro", "tournament"),
    "Health": ("yoga", "first-aid", "sleep", "running"),
    "Nature": ("birds", "hiking", "garden", "rivers"),
    "Family": ("children", "free-entry", "outdoors", "weekend"),
    "History": ("archive", "walking-tour", "museum", "maps"),
    "Craft": ("textile", "ceramics", "woodwork", "repair"),
}

ENGLISH_TOPICS = {
    "Music": ("Jazz", "Brass", "Choir", "Folk", "Chamber Music", "Synthesizer"),
    "Technology": ("PostgreSQL", "Python", "GraphQL", "Rust", "Security", "Observability", "Compilers"),
    "Community": ("Neighbours", "Volunteers", "Newcomers", "Language Exchange"),
    "Workshop": ("Bookbinding", "Soldering", "Public Speaking", "Sourdough"),
    "Conference": ("Open Data", "Urban Planning", "Accessibility", "Free Software"),
    "Sport": ("Half Marathon", "Climbing", "Table Tennis", "Rowing"),
    "Food": ("Dumpling", "Cheese", "Coffee", "Street Food"),
    "Art": ("Watercolour", "Printmaking", "Photography", "Sculpture"),
    "Theatre": ("Improvisation", "Puppet", "One-Act Play", "Shadow Theatre"),
    "Film": ("Silent Film", "Documentary", "Short Film", "Animation"),
    "Business": ("Pricing", "Product Discovery", "Bookkeeping", "Remote Team"),
    "Science": ("Astronomy", "Glacier", "Particle Physics", "Mathematics"),
    "Literature": ("Poetry", "Translation", "Crime Novel", "Short Story"),
    "Dance": ("Tango", "Salsa", "Contemporary Dance", "Swing"),
    "Games": ("Chess", "Board Game", "Retro Console", "Go"),
    "Health": ("Yoga", "First Aid", "Breathing", "Sleep"),
    "Nature": ("Bird Watching", "Mushroom", "River", "Alpine Garden"),
    "Family": ("Kite", "Puppet", "Storytelling", "Treasure Hunt"),
    "History": ("Roman Road", "City Archive", "Railway", "Old Maps"),
    "Craft": ("Ceramics", "Weaving", "Woodturning", "Repair"),
}


@dataclass(frozen=True, slots=True)
class Language:
    """How titles and texts are made in one language.

    `titles` and `sentences` have places for a topic and a city; `topics` are used whatever the category, because
    a rough fit is enough for a search to find them.
    """

    topics: tuple[str, ...]
    titles: tuple[str, ...]
    sentences: tuple[str, ...]


LANGUAGES = {
    "en": Language(
        (),
        (
            "{topic} Night in {city}",
            "{topic} Weekend",
            "The Open {topic} Day",
            "{topic} for Beginners",
            "An Evening of {topic}",
            "{city} {topic} Meetup",
            "{topic} Round Table",
            "Advanced {topic}",
        ),
        (
            "Bring a friend, a question or just your curiosity.",
            "Doors open half an hour before the start.",
            "We look at {topic} from three sides and leave time for questions.",
            "The programme is short, the breaks are long.",
            "No experience needed; everything you need is on the tables.",
            "The room is **step-free** and has an induction loop.",
            "Afterwards we stay for a drink in {city}.",
            "A quiet corner is kept free for whoever needs one.",
            "Places are few because the tools are few.",
            "You will leave with something you made yourself.",
            "The second half belongs to the audience.",
            "Tickets can be given back until the start.",
        ),
    ),
    "de": Language(
        ("Kammermusik", "Datenbanken", "Töpfern", "Brotbacken", "Lesekreis", "Klettern", "Fotografie", "Gärten"),
        (
            "{topic}-Abend in {city}",
            "Lange Nacht: {topic}",
            "{topic} für Anfänger",
            "Werkstatt {topic}",
            "{topic} heute",
        ),
        (
            "Einlass ist eine halbe Stunde vor Beginn.",
            "Wir sprechen über {topic} und hören einander zu.",
            "Vorkenntnisse sind nicht nötig, Neugier schon.",
            "Der Saal in {city} ist ohne Stufen zu erreichen.",
            "Für Getränke ist gesorgt, für gute Laune auch.",
        ),
    ),
    "fr": Language(
        ("Musique de chambre", "Bases de données", "Céramique", "Poésie", "Théâtre d'ombres", "Randonnée", "Échecs"),
        (
            "Soirée {topic} à {city}",
            "{topic} pour débutants",
            "Atelier {topic}",
            "La nuit {topic}",
            "Rencontre : {topic}",
        ),
        (
            "Les portes ouvrent une demi-heure avant le début.",
            "Une découverte de {topic}, sans prérequis.",
            "La salle est accessible à tous.",
            "Après la séance, on reste un moment ensemble à {city}.",
            "Apportez vos questions et un carnet.",
        ),
    ),
    "es": Language(
        ("Música de cámara", "Bases de datos", "Cerámica", "Poesía", "Fotografía", "Senderismo", "Ajedrez", "Cocina"),
        ("Noche de {topic} en {city}", "Taller de {topic}", "{topic} para todos", "Jornada de {topic}"),
        (
            "Las puertas se abren media hora antes.",
            "Hablamos de {topic} con calma y con ejemplos.",
            "No hace falta experiencia previa.",
            "El espacio en {city} es accesible.",
            "Al final habrá tiempo para preguntas y canciones.",
        ),
    ),
    "pt": Language(
        ("Música de câmara", "Bases de dados", "Cerâmica", "Poesia", "Fotografia", "Caminhada", "Xadrez"),
        ("Noite de {topic} em {city}", "Oficina de {topic}", "{topic} para iniciantes", "Encontro de {topic}"),
        (
            "As portas abrem meia hora antes do início.",
            "Uma conversa sobre {topic}, sem pressa.",
            "Não é preciso saber nada antes.",
            "Depois ficamos para um café em {city}.",
        ),
    ),
    "it": Language(
        ("Musica da camera", "Basi di dati", "Ceramica", "Poesia", "Fotografia", "Scacchi", "Cucina"),
        ("Serata di {topic} a {city}", "Laboratorio di {topic}", "{topic} per tutti", "Giornata di {topic}"),
        (
            "Si entra mezz'ora prima dell'inizio.",
            "Parliamo di {topic} con esempi pratici.",
            "Non servono conoscenze precedenti.",
            "La sala è accessibile e luminosa.",
        ),
    ),
    "sl": Language(
        ("Komorna glasba", "Podatkovne baze", "Lončarstvo", "Poezija", "Čebelarstvo", "Pohodništvo", "Šah"),
        ("{topic}: večer v mestu {city}", "Delavnica: {topic}", "{topic} za začetnike", "Noč na temo {topic}"),
        (
            "Vrata odpremo pol ure pred začetkom.",
            "Pogovor na temo {topic}, brez naglice.",
            "Predznanje ni potrebno, radovednost pač.",
            "Dvorana je dostopna brez stopnic.",
            "Po koncu ostanemo na čaju.",
        ),
    ),
    "pl": Language(
        ("Muzyka kameralna", "Bazy danych", "Ceramika", "Poezja", "Fotografia", "Szachy", "Wędrówki"),
        ("{topic}: wieczór w mieście {city}", "Warsztaty: {topic}", "{topic} dla początkujących"),
        (
            "Drzwi otwieramy pół godziny przed początkiem.",
            "Rozmowa na temat: {topic}, bez pośpiechu.",
            "Wiedza wstępna nie jest potrzebna.",
            "Sala jest dostępna dla wszystkich.",
        ),
    ),
    "tr": Language(
        ("Oda müziği", "Veritabanları", "Seramik", "Şiir", "Fotoğraf", "Satranç", "Doğa yürüyüşü"),
        ("{city}: {topic} gecesi", "{topic} atölyesi", "Yeni başlayanlar için {topic}"),
        (
            "Kapılar başlangıçtan yarım saat önce açılır.",
            "Örneklerle {topic} üzerine konuşuyoruz.",
            "Ön bilgi gerekmez, merak yeter.",
            "Salon herkes için erişilebilir.",
        ),
    ),
    "el": Language(
        ("Μουσική δωματίου", "Βάσεις δεδομένων", "Κεραμική", "Ποίηση", "Φωτογραφία", "Σκάκι"),
        ("Βραδιά: {topic}", "Εργαστήριο: {topic}", "{topic} για αρχάριους"),
        (
            "Οι πόρτες ανοίγουν μισή ώρα πριν την έναρξη.",
            "Συζητάμε με παραδείγματα και χωρίς βιασύνη.",
            "Δεν χρειάζεται προηγούμενη εμπειρία.",
        ),
    ),
    "uk": Language(
        ("Камерна музика", "Бази даних", "Кераміка", "Поезія", "Фотографія", "Шахи", "Мандрівки"),
        ("Вечір: {topic}", "Майстерня: {topic}", "{topic} для початківців"),
        (
            "Двері відчиняються за пів години до початку.",
            "Говоримо спокійно, з прикладами та запитаннями.",
            "Попередній досвід не потрібен.",
        ),
    ),
    "ar": Language(
        ("موسيقى الحجرة", "قواعد البيانات", "الخزف", "الشعر", "التصوير", "الشطرنج"),
        ("أمسية {topic}", "ورشة {topic}", "{topic} للمبتدئين"),
        (
            "تفتح الأبواب قبل البداية بنصف ساعة.",
            "نتحدث بهدوء ومع أمثلة كثيرة.",
            "لا حاجة إلى خبرة سابقة.",
        ),
    ),
    "hi": Language(
        ("शास्त्रीय संगीत", "डेटाबेस", "मिट्टी के बर्तन", "कविता", "फ़ोटोग्राफ़ी", "शतरंज"),
        ("{topic} की शाम", "{topic} कार्यशाला", "शुरुआती लोगों के लिए {topic}"),
        (
            "दरवाज़े आधा घंटा पहले खुलते हैं।",
            "हम उदाहरणों के साथ आराम से बात करते हैं।",
            "पहले से अनुभव ज़रूरी नहीं है।",
        ),
    ),
    "ja": Language(
        ("室内楽", "データベース", "陶芸", "俳句", "写真", "将棋", "発酵食品"),
        ("{topic}の夜", "{topic}ワークショップ", "はじめての{topic}", "{topic}交流会"),
        (
            "開場は開始の三十分前です。",
            "実例を見ながらゆっくり話します。",
            "経験は問いません。",
            "会場は段差がありません。",
        ),
    ),
    "zh": Language(
        ("室内乐", "数据库", "陶艺", "诗歌", "摄影", "象棋", "茶艺"),
        ("{topic}之夜", "{topic}工作坊", "{topic}入门", "{topic}分享会"),
        (
            "开始前半小时入场。",
            "我们结合实例慢慢聊。",
            "不需要任何经验。",
            "会场没有台阶。",
        ),
    ),
    "ko": Language(
        ("실내악", "데이터베이스", "도예", "시", "사진", "바둑"),
        ("{topic}의 밤", "{topic} 워크숍", "처음 만나는 {topic}"),
        (
            "시작 삼십 분 전에 문을 엽니다.",
            "예시와 함께 천천히 이야기합니다.",
            "경험이 없어도 괜찮습니다.",
        ),
    ),
}

HOUSE_NAMES = (
    "Film Club",
    "Makers",
    "Collective",
    "Philharmonic Friends",
    "Open Source",
    "Running Crew",
    "Book House",
    "Stage",
    "Product Guild",
    "Kitchen",
    "Observatory",
    "Dance Company",
    "Science Hub",
    "Neighbourhood Centre",
)
HOUSE_KINDS = ("Harbour", "North", "Old Town", "Riverside", "Blue", "Lighthouse", "Garden", "Station", "Hill", "Market")
HALLS = ("Hall 1", "Hall 2", "Old Power Station", "Garden Room", "Rooftop", "Studio", "Library", "Workshop Floor")
STREETS = ("Station Street", "Market Square", "River Road", "Garden Lane", "Museum Street", "Harbour Walk")
GIVEN_NAMES = (
    "Ana", "Luka", "Mia", "Noah", "Zala", "Jan", "Lea", "Omar", "Yuki", "Aarav", "Sofia", "Mateo", "Chloe", "Hugo",
    "Emma", "Leo", "Nina", "Tomaž", "Ines", "Pedro", "Maya", "Ravi", "Aiko", "Ren", "Minji", "Jun", "Layla", "Sami",
    "Eleni", "Nikos", "Oksana", "Taras", "Elif", "Can", "Zofia", "Jakub", "Giulia", "Marco", "Amara", "Kofi",
)  # fmt: skip
REASONS = (
    "A storm is on its way.",
    "The venue is being repaired.",
    "A speaker has fallen ill.",
    "The organizers need more time.",
)
GUEST_REASONS = ("I cannot come after all.", "Booked twice by mistake.", "Somebody else takes me along.")
