"""Writes small databases of locations in the MaxMind format."""

import os

from mmdb_writer import MMDBWriter
from netaddr import IPSet

BERLIN = {
    "country": {"iso_code": "DE", "names": {"en": "Germany"}},
    "subdivisions": [{"iso_code": "BE", "names": {"en": "Land Berlin"}}],
    "city": {"names": {"en": "Berlin", "de": "Berlin"}},
}
SPRINGFIELD = {
    "country": {"iso_code": "US"},
    "subdivisions": [{"iso_code": "IL", "names": {"en": "Illinois"}}],
    "city": {"names": {"en": "Springfield"}},
}
#: As DB-IP's free database: no codes of regions.
LISBON = {"country": {"iso_code": "PT"}, "subdivisions": [{"names": {"en": "Lisbon"}}], "city": {"names": {"en": "Lisbon"}}}
#: Only the country in which the network is registered.
REGISTERED = {"registered_country": {"iso_code": "FR"}}


def write_database(path, networks):
    """Replaces the file in one step, as update programs do."""
    writer = MMDBWriter(ip_version=6, ipv4_compatible=True, database_type="Test-City", languages=["en"])
    for network, record in networks.items():
        writer.insert_network(IPSet([network]), record)
    fresh = path.with_name(f"{path.name}.new")
    writer.to_db_file(str(fresh))
    os.replace(fresh, path)
