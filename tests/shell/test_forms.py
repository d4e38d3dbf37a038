"""Every form renders with labels, marks, errors and classes without asking for them."""

from django import forms


class Sample(forms.Form):
    place = forms.ChoiceField(label="地点", choices=[("1", "民主街社区")], help_text="默认为本人任职的地点。")
    what = forms.CharField(label="情况", widget=forms.Textarea(attrs={"class": "tall"}))
    phone = forms.CharField(label="电话", required=False)
    severity = forms.ChoiceField(label="程度", widget=forms.RadioSelect, choices=[("a", "一般"), ("b", "较重")])
    seen = forms.BooleanField(label="已核实", required=False)
    period = forms.SplitDateTimeField(label="时间", required=False)
    key = forms.CharField(widget=forms.HiddenInput, required=False)

    def clean(self):
        raise forms.ValidationError("请先核对。")


def test_optional_fields_say_so_and_required_ones_do_not():
    html = str(Sample())
    assert html.count("（选填）") == 2  # the phone and the period; a check box needs no mark
    assert "情况</label>" in html


def test_widgets_get_their_class_and_keep_their_own():
    html = str(Sample())
    assert 'class="form-select"' in html
    assert 'class="form-control tall"' in html
    assert html.count('class="form-check-input"') == 3  # two radio buttons, one check box
    assert html.count('class="form-control"') == 3  # the phone and the two parts of the period
    hidden = next(line for line in html.split("<input") if 'name="key"' in line)
    assert "class=" not in hidden


def test_an_error_stands_beside_its_field_and_is_tied_to_it():
    html = str(Sample({"place": "1", "what": "", "severity": "a"}))
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_what_error"' in html
    assert 'id="id_what_error"' in html
    assert 'class="form-control is-invalid tall"' in html
    assert 'aria-describedby="id_place_helptext"' in html


def test_an_error_of_the_whole_form_is_announced():
    html = str(Sample({"place": "1", "what": "x", "severity": "a"}))
    assert 'role="alert"' in html
    assert "请先核对。" in html


def test_a_choice_of_radio_buttons_is_a_fieldset():
    html = str(Sample()["severity"].as_field_group())
    assert "<fieldset" in html
    assert "<legend" in html
