"""Cities where the events of a large data set take place: facts of geography, nothing of ours."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class City:
    """A city with its country (ISO 3166-1), zone (IANA), currency (ISO 4217), language and its name there.

    `unit` is what a cheap ticket costs, in minor units of the currency.
    """

    name: str
    country: str
    timezone: str
    currency: str
    unit: int
    language: str


CITIES = (
    City("London", "GB", "Europe/London", "GBP", 500, "en"),
    City("New York", "US", "America/New_York", "USD", 500, "en"),
    City("Ljubljana", "SI", "Europe/Ljubljana", "EUR", 400, "sl"),
    City("Berlin", "DE", "Europe/Berlin", "EUR", 500, "de"),
    City("Paris", "FR", "Europe/Paris", "EUR", 500, "fr"),
    City("Madrid", "ES", "Europe/Madrid", "EUR", 500, "es"),
    City("Tokyo", "JP", "Asia/Tokyo", "JPY", 800, "ja"),
    City("São Paulo", "BR", "America/Sao_Paulo", "BRL", 2000, "pt"),
    City("Mumbai", "IN", "Asia/Kolkata", "INR", 20000, "hi"),
    City("Istanbul", "TR", "Europe/Istanbul", "TRY", 10000, "tr"),
    City("Mexico City", "MX", "America/Mexico_City", "MXN", 8000, "es"),
    City("Shanghai", "CN", "Asia/Shanghai", "CNY", 4000, "zh"),
    City("Seoul", "KR", "Asia/Seoul", "KRW", 6000, "ko"),
    City("Cairo", "EG", "Africa/Cairo", "EGP", 10000, "ar"),
    City("Kyiv", "UA", "Europe/Kyiv", "UAH", 15000, "uk"),
    City("Athens", "GR", "Europe/Athens", "EUR", 400, "el"),
    City("Rome", "IT", "Europe/Rome", "EUR", 500, "it"),
    City("Warsaw", "PL", "Europe/Warsaw", "PLN", 2000, "pl"),
    City("Vienna", "AT", "Europe/Vienna", "EUR", 500, "de"),
    City("Zürich", "CH", "Europe/Zurich", "CHF", 800, "de"),
    City("Hamburg", "DE", "Europe/Berlin", "EUR", 500, "de"),
    City("Munich", "DE", "Europe/Berlin", "EUR", 500, "de"),
    City("Graz", "AT", "Europe/Vienna", "EUR", 400, "de"),
    City("Maribor", "SI", "Europe/Ljubljana", "EUR", 300, "sl"),
    City("Lyon", "FR", "Europe/Paris", "EUR", 500, "fr"),
    City("Brussels", "BE", "Europe/Brussels", "EUR", 500, "fr"),
    City("Montréal", "CA", "America/Toronto", "CAD", 700, "fr"),
    City("Dakar", "SN", "Africa/Dakar", "XOF", 2000, "fr"),
    City("Barcelona", "ES", "Europe/Madrid", "EUR", 500, "es"),
    City("Buenos Aires", "AR", "America/Argentina/Buenos_Aires", "ARS", 300000, "es"),
    City("Santiago", "CL", "America/Santiago", "CLP", 4000, "es"),
    City("Bogotá", "CO", "America/Bogota", "COP", 1500000, "es"),
    City("Lisbon", "PT", "Europe/Lisbon", "EUR", 400, "pt"),
    City("Rio de Janeiro", "BR", "America/Sao_Paulo", "BRL", 2000, "pt"),
    City("Luanda", "AO", "Africa/Luanda", "AOA", 300000, "pt"),
    City("Milan", "IT", "Europe/Rome", "EUR", 500, "it"),
    City("Trieste", "IT", "Europe/Rome", "EUR", 400, "it"),
    City("Kraków", "PL", "Europe/Warsaw", "PLN", 2000, "pl"),
    City("Thessaloniki", "GR", "Europe/Athens", "EUR", 400, "el"),
    City("Lviv", "UA", "Europe/Kyiv", "UAH", 15000, "uk"),
    City("Ankara", "TR", "Europe/Istanbul", "TRY", 10000, "tr"),
    City("Dubai", "AE", "Asia/Dubai", "AED", 3000, "ar"),
    City("Casablanca", "MA", "Africa/Casablanca", "MAD", 5000, "ar"),
    City("Delhi", "IN", "Asia/Kolkata", "INR", 20000, "hi"),
    City("Osaka", "JP", "Asia/Tokyo", "JPY", 700, "ja"),
    City("Kyoto", "JP", "Asia/Tokyo", "JPY", 800, "ja"),
    City("Taipei", "TW", "Asia/Taipei", "TWD", 20000, "zh"),
    City("Busan", "KR", "Asia/Seoul", "KRW", 6000, "ko"),
    City("Singapore", "SG", "Asia/Singapore", "SGD", 800, "en"),
    City("Sydney", "AU", "Australia/Sydney", "AUD", 900, "en"),
    City("Adelaide", "AU", "Australia/Adelaide", "AUD", 900, "en"),
    City("Auckland", "NZ", "Pacific/Auckland", "NZD", 900, "en"),
    City("Toronto", "CA", "America/Toronto", "CAD", 700, "en"),
    City("Chicago", "US", "America/Chicago", "USD", 500, "en"),
    City("San Francisco", "US", "America/Los_Angeles", "USD", 700, "en"),
    City("Denver", "US", "America/Denver", "USD", 500, "en"),
    City("Honolulu", "US", "Pacific/Honolulu", "USD", 600, "en"),
    City("Dublin", "IE", "Europe/Dublin", "EUR", 600, "en"),
    City("Edinburgh", "GB", "Europe/London", "GBP", 500, "en"),
    City("Nairobi", "KE", "Africa/Nairobi", "KES", 30000, "en"),
    City("Lagos", "NG", "Africa/Lagos", "NGN", 300000, "en"),
    City("Cape Town", "ZA", "Africa/Johannesburg", "ZAR", 8000, "en"),
    City("Kathmandu", "NP", "Asia/Kathmandu", "NPR", 40000, "en"),
    City("St. John's", "CA", "America/St_Johns", "CAD", 600, "en"),
)
