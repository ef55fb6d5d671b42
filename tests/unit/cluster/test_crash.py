"""After a crash the controller runs alone first; these are its settings, and how a crash is told."""

from hub.cluster.crash import controller_properties, has_crashed
from hub.cluster.properties import server_properties


def test_a_folder_without_the_mark_of_an_orderly_end_has_crashed(tmp_path):
    """Kafka writes the mark at the end of a shutdown and takes it away at the next start."""
    data = tmp_path / "data"
    data.mkdir()
    assert not has_crashed(tmp_path), "nothing ever ran here"

    (data / "meta.properties").touch()
    assert has_crashed(tmp_path)

    (data / ".kafka_cleanshutdown").touch()
    assert not has_crashed(tmp_path)


def test_the_controller_alone_has_the_nodes_identity_and_no_broker_listener(tmp_path):
    """Same node, data and quorum; without the broker, and a silent broker is given up in a second."""
    server = server_properties(tmp_path, 19092, 19093)
    alone = controller_properties(server)

    assert alone["process.roles"] == "controller"
    assert alone["listeners"] == "CONTROLLER://127.0.0.1:19093"
    assert alone["broker.session.timeout.ms"] == "1000"
    assert "advertised.listeners" not in alone
    for name in ("node.id", "log.dirs", "controller.quorum.voters"):
        assert alone[name] == server[name]
