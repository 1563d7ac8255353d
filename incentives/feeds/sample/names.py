"""Invented names of people, cities and goods."""

from __future__ import annotations

from dataclasses import dataclass

FIRST_NAMES = tuple(
    (
        "Adèle Alba Amira Anouk Bastien Bianca Camille Carlos Chiara Clara Daan Dario Elena Elias Elif Emma Enzo Fatima Femke Finn "
        "Gaia Hana Hugo Ilse Inès Jan Javier Joris Julia Karim Lara Laszlo Léa Leon Lina Lotte Luca Lucía Maja Marco Maren Mats Maya "
        "Mehdi Mila Nadia Niels Noor Olivia Omar Paula Pietro Rania Sami Sofia Tess Theo Valentina Yara Zoé"
    ).split()
)
LAST_NAMES = tuple(
    (
        "Abadi Albrecht Almeida Amato Arnaud Bakker Barbieri Baumann Beaumont Belmonte Benali Bernard Blanc Bosch Brandt Calvo Caruso "
        "Castel Clément Conti Cordero Dahl Delacroix Dijkstra Durand Esposito Fabre Falk Farouk Ferrer Fontaine Galli Garnier Greco "
        "Haddad Hartmann Hoekstra Iglesias Jansen Keller Khalil Klein Lambert Leroux Lombardi Mansour Marchetti Martel Mercier Moreau "
        "Navarro Nasser Oliva Peeters Prieto Renard Ricci Romano Roth Saleh Santoro Schreiber Serrano Smit Sorel Tanaka Valois "
        "Vermeer Vidal Visser Vogel Weber Winter Zanetti Zola"
    ).split()
)


@dataclass(frozen=True, slots=True)
class Country:
    """A country in which the retailer has boutiques."""

    code: str
    region: str
    zone: int
    currency: str
    dialling: str
    cities: tuple[str, ...]


COUNTRIES = (
    Country("FR", "Western Europe", 0, "EUR", "33", ("Paris", "Lyon", "Nice", "Bordeaux", "Lille", "Cannes")),
    Country("DE", "Central Europe", 1, "EUR", "49", ("München", "Berlin", "Hamburg", "Frankfurt", "Düsseldorf")),
    Country("IT", "Southern Europe", 2, "EUR", "39", ("Milano", "Roma", "Firenze", "Venezia", "Torino")),
    Country("ES", "Southern Europe", 3, "EUR", "34", ("Madrid", "Barcelona", "Marbella", "Valencia")),
    Country("NL", "Western Europe", 4, "EUR", "31", ("Amsterdam", "Rotterdam", "Den Haag")),
    Country("AE", "Gulf", 5, "AED", "971", ("Dubai", "Abu Dhabi")),
)
# Boutiques are opened in this order of countries, over and over.
OPENING_ORDER = (0, 1, 2, 3, 4, 5, 0)
GULF = 5


@dataclass(frozen=True, slots=True)
class Category:
    """Goods of one kind: the share of lines, and the price in euro around which they lie."""

    name: str
    weight: int
    price_euro: int


CATEGORIES = (
    Category("leather_goods", 26, 1_400),
    Category("ready_to_wear", 22, 900),
    Category("shoes", 16, 650),
    Category("accessories", 14, 320),
    Category("fragrance", 10, 140),
    Category("jewellery", 7, 2_900),
    Category("watches", 3, 6_200),
    Category("gift_card", 2, 250),
)
