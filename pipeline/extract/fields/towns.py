"""Large towns that are often written without their country, or with a country that might as well stand behind a firm.

General knowledge: capitals and the towns of about a million people and more, lower case, without accents. Others are
told by the state behind them.
"""

from __future__ import annotations

_TOWNS = """
abidjan, abu dhabi, abuja, accra, addis ababa, adelaide, ahmedabad, albany, albuquerque, alexandria, algiers, almaty,
amman, amsterdam, anchorage, ankara, ann arbor, antwerp, arlington, asuncion, athens, atlanta, auckland, austin,
baghdad, baku, baltimore, bangalore, bengaluru, bangkok, barcelona, bari, basel, beijing, beirut, belfast, belgrade,
belo horizonte, bergen, berkeley, berlin, bern, bilbao, birmingham, bogota, boise, bologna, bonn, bordeaux, boston,
boulder, brasilia, bratislava, bremen, brisbane, bristol, brno, brooklyn, brussels, bucharest, budapest, buenos aires,
buffalo, busan, cairo, calgary, cambridge, canberra, cape town, caracas, cardiff, casablanca, charlotte, chengdu,
chennai, chicago, chongqing, christchurch, cincinnati, cleveland, cluj-napoca, cologne, colombo, columbus, copenhagen,
cordoba, cork, cupertino, curitiba, dakar, dalian, dallas, damascus, dar es salaam, delft, delhi, denver, detroit,
dhaka, doha, dresden, dubai, dublin, durban, durham, dusseldorf, edinburgh, edmonton, eindhoven, enugu, espoo, essen,
florence, fort worth, frankfurt, frankfurt am main, fukuoka, galway, gdansk, geneva, genoa, ghent, giza, glasgow,
gothenburg, graz, grenoble, guadalajara, guangzhou, gurgaon, gurugram, hague, the hague, haifa, halifax, hamburg,
hangzhou, hanoi, hanover, harare, havana, heidelberg, helsinki, ho chi minh city, hong kong, honolulu, houston,
hyderabad, ibadan, incheon, indianapolis, irvine, islamabad, istanbul, izmir, jacksonville, jaipur, jakarta, jeddah,
jersey city, jerusalem, johannesburg, kampala, kano, kansas city, karachi, karlsruhe, kathmandu, khartoum, kiev,
kigali, kinshasa, kobe, kolkata, krakow, kuala lumpur, kunming, kuwait city, kyiv, kyoto, la paz, lagos, lahore, las
vegas, lausanne, leeds, leicester, leiden, leipzig, leuven, lille, lima, lisbon, liverpool, ljubljana, london, los
angeles, louisville, luanda, lusaka, lyon, madison, madrid, malaga, malmo, manama, manchester, manhattan, manila,
maputo, marrakesh, marseille, medellin, melbourne, memphis, menlo park, mexico city, miami, milan, milwaukee,
minneapolis, minsk, mombasa, monterrey, montevideo, montreal, moscow, mountain view, mumbai, munich, muscat, nagoya,
nairobi, nanjing, nantes, naples, nashville, new delhi, new orleans, new york, new york city, newark, newcastle, nice,
ningbo, nis, noida, nottingham, nuremberg, oakland, oklahoma city, omaha, orlando, osaka, oslo, ottawa, oxford, palo
alto, panama city, paris, pasadena, perth, philadelphia, phnom penh, phoenix, pittsburgh, portland, porto, porto
alegre, poznan, prague, pretoria, princeton, pune, qingdao, quebec city, quito, raleigh, recife, redmond, reykjavik,
richmond, riga, rio de janeiro, riyadh, rochester, rome, rotterdam, sacramento, saint petersburg, st. petersburg, st
petersburg, salt lake city, salvador, san antonio, san diego, san francisco, san jose, san juan, san mateo, santa
clara, santa monica, santiago, santo domingo, sao paulo, sapporo, sarajevo, seattle, seoul, seville, shanghai,
sheffield, shenyang, shenzhen, singapore, skopje, sofia, southampton, st. louis, st louis, saint louis, stockholm,
strasbourg, stuttgart, sunnyvale, surat, suzhou, sydney, taipei, tallinn, tampa, tampere, tashkent, tbilisi, tehran,
tel aviv, tianjin, tirana, tokyo, toronto, toulouse, trondheim, tucson, tulsa, tunis, turin, turku, uppsala, utrecht,
valencia, vancouver, venice, vienna, vilnius, warsaw, washington, wellington, winnipeg, wroclaw, wuhan, xiamen, xi'an,
yangon, yerevan, yokohama, zagreb, zaragoza, zurich
"""
TOWNS = frozenset(" ".join(town.split()) for town in _TOWNS.split(","))
