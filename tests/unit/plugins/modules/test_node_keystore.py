# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64
import os

import pytest

from ansible_collections.crosscluster.elastic.plugins.module_utils.model.errors import WriteInCheckMode
from ansible_collections.crosscluster.elastic.plugins.module_utils.node.keystore import Keystore, Tool
from ansible_collections.crosscluster.elastic.tests.unit.plugins.keystore_tool import Node

SETTING = "cluster.remote.orders.credentials"
ENCODED = base64.b64encode(b"key-1:" + b"s" * 22).decode()
OTHER = base64.b64encode(b"key-2:" + b"t" * 22).decode()
SECRET = {"name": SETTING, "value": ENCODED}
FOREIGN = {"s3.client.default.secret_key": "theirs"}
NAMES = [SETTING, "keystore.seed", "s3.client.default.secret_key"]


@pytest.fixture
def node(tmp_path):
    made = Node(tmp_path)
    made.fill(FOREIGN)
    return made


@pytest.fixture
def keystore(call, node):
    return lambda **options: call("node_keystore", **{"secrets": [SECRET], **node.options, **options})


def test_a_new_setting_is_written_by_standard_input_and_foreign_ones_stay(keystore, node):
    done = keystore()
    assert done["changed"] and done["keystore"] == NAMES and node.entries == {SETTING: ENCODED, **FOREIGN}
    assert done["diff"]["before"] == {} and done["diff"]["after"] == {SETTING: "(hidden)"}
    assert node.writes() == [["add", "-x", "-f", SETTING]]
    assert ENCODED not in str(node.calls())


def test_a_value_that_is_there_is_no_change_and_one_that_differs_is_replaced(keystore, node):
    keystore()
    again, replaced = keystore(), keystore(secrets=[{"name": SETTING, "value": OTHER}])
    assert not again["changed"] and "diff" not in again
    assert (
        replaced["changed"]
        and replaced["diff"]["before"] == {SETTING: "(hidden)"}
        and replaced["diff"]["after"] == {SETTING: "(hidden) new"}
    )
    assert node.entries[SETTING] == OTHER and len(node.writes()) == 2


def test_update_on_create_leaves_a_setting_that_exists_alone_and_does_not_read_it(keystore, node):
    keystore()
    assert not keystore(secrets=[{"name": SETTING, "value": OTHER}], update="on_create")["changed"]
    assert node.entries[SETTING] == ENCODED and ["show", SETTING] not in node.calls()


def test_a_tool_that_cannot_show_values_writes_them_each_time(keystore, node):
    keystore()
    (node.config / "old").touch()
    assert keystore()["changed"] and len(node.writes()) == 2


def test_several_settings_are_written_by_one_call(keystore, node):
    keystore(secrets=[SECRET, {"name": "other.setting", "value": "two words"}])
    assert node.writes() == [["add", "-x", "-f", SETTING, "other.setting"]]
    assert node.entries == {SETTING: ENCODED, "other.setting": "two words", **FOREIGN}


def test_check_mode_predicts_and_writes_nothing(keystore, node):
    predicted = keystore(check=True)
    assert predicted["changed"] and SETTING not in predicted["keystore"] and node.writes() == []
    assert predicted["diff"] == keystore()["diff"]


def test_a_write_in_check_mode_is_stopped(node):
    tool = Tool([str(node.home / "bin" / "elasticsearch-keystore")], str(node.config), read_only=True)
    with pytest.raises(WriteInCheckMode):
        Keystore(tool).add({"a": "b"})
    assert node.writes() == []


def test_absent_removes_what_is_there_and_nothing_else(keystore, node):
    keystore()
    wanted = {"secrets": [{"name": SETTING}, {"name": "never.there"}], "state": "absent"}
    gone, again = keystore(**wanted), keystore(**wanted)
    assert gone["changed"] and gone["diff"]["after"] == {} and node.entries == FOREIGN
    assert not again["changed"] and node.writes()[-1] == ["remove", SETTING]


def test_a_missing_keystore_is_made_and_needs_nothing_to_be_removed(keystore, node):
    node.path.unlink()
    assert not keystore(secrets=[{"name": SETTING}], state="absent")["changed"] and not node.path.exists()
    assert keystore()["changed"] and node.entries == {SETTING: ENCODED}
    assert [call[0] for call in node.writes()] == ["create", "add"]


def test_a_protected_keystore_is_opened_with_its_password(keystore, node):
    node.fill(FOREIGN, password="pass word")
    done, again = keystore(password="pass word"), keystore(password="pass word")
    assert done["changed"] and not again["changed"] and node.entries == {SETTING: ENCODED, **FOREIGN}


def test_a_keystore_that_is_made_is_protected_with_the_password(keystore, node):
    node.path.unlink()
    assert keystore(password="hidden!")["changed"]
    assert "has a password" in keystore()["msg"]


def test_group_and_mode_of_the_file_are_kept(keystore, node):
    node.path.chmod(0o600)
    if os.geteuid() == 0:
        os.chown(node.path, 0, 1)
    before = node.path.stat()
    keystore()
    after = node.path.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)


@pytest.mark.parametrize(
    ("complaint", "words"),
    [
        ("could not find java in ES_JAVA_HOME at /nowhere/bin/java", "the tool finds no Java. set ES_JAVA_HOME"),
        ("java.nio.file.AccessDeniedException: /etc/elasticsearch/elasticsearch.keystore", "it may not be read. run the task as root"),
        (
            "ERROR: will not overwrite keystore at [x], because this incurs changing the file owner, with exit code 78",
            "belongs to another user",
        ),
        # A folder that may not be entered makes the tool look elsewhere: this is no missing keystore.
        ("line 92: cd: /etc/elasticsearch: Permission denied\nERROR: Elasticsearch keystore not found at [/x]", "it may not be read"),
        ("ERROR: something else, with exit code 74", "elasticsearch-keystore list ended with status 1: ERROR: something else"),
    ],
)
def test_what_the_tool_complains_about_is_explained(keystore, node, complaint, words):
    (node.config / "complaint").write_text(complaint)
    failed = keystore()
    assert words in failed["msg"] and failed["failure"]["kind"] == "NodeFailed" and node.writes() == []


def test_a_wrong_password_is_named_without_being_told(keystore, node):
    node.fill(FOREIGN, password="right-one")
    assert "the password is wrong" in keystore(password="wrong-one")["msg"]


def test_a_password_for_a_keystore_without_one_is_refused(keystore, node):
    assert "has no password, but one is given" in keystore(password="needless")["msg"] and node.writes() == []


def test_a_missing_program_is_named(keystore, node):
    assert "there is no program /nowhere/elasticsearch-keystore" in keystore(command=["/nowhere/elasticsearch-keystore"])["msg"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"secrets": [{"name": SETTING}]}, "value is missing"),
        ({"secrets": [{"name": SETTING, "value": "no-api-key"}]}, "value is not a cross-cluster API key"),
        ({"secrets": [SECRET, SECRET]}, "is given more than once"),
        ({"secrets": [{"name": "a,b", "value": "hidden!"}]}, "has more than letters, digits"),
        ({"secrets": [{"name": "a.b", "value": "x\ny"}]}, "secrets['a.b'].value has the character U+000A"),
        ({"password": "x\ny"}, "password has the character U+000A"),
    ],
)
def test_bad_options_fail_before_anything_is_read(keystore, node, options, words):
    assert words in keystore(**options)["msg"] and not (node.config / "calls").exists()
