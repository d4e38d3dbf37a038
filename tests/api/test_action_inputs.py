"""What the OpenAPI document says of the inputs of steps comes from the fields of their forms."""

from rest_framework import serializers

from suzhou_portal.lib.cases.schema import request_of
from suzhou_portal.lib.registers import site


def inputs_of(name):
    return request_of(site[name].workflow)().fields


def test_texts_tell_their_length_the_longest_of_all_steps_that_ask_for_one():
    assert inputs_of("mediations")["said"].max_length == 1000
    assert inputs_of("mediations")["note"].max_length == 500
    assert inputs_of("covenants")["place_signatory"].max_length == 40
    assert inputs_of("patrol-findings")["description"].max_length == 2000


def test_numbers_days_and_yes_or_no_are_no_texts():
    assert isinstance(inputs_of("covenants")["scores"].child, serializers.IntegerField)
    assert isinstance(inputs_of("covenants")["signed_on"], serializers.DateField)
    assert isinstance(inputs_of("mediations")["kept"], serializers.BooleanField)


def test_what_a_step_asks_for_is_told_also_where_the_form_begins_with_what_the_row_has():
    assert isinstance(inputs_of("deliveries")["on"], serializers.DateField)
    assert isinstance(inputs_of("deliveries")["quantity"], serializers.FloatField)
    assert inputs_of("deliveries")["note"].max_length == 1000
    assert inputs_of("patrol-findings")["remedy"].max_length == 500
