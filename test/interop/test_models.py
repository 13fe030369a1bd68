"""Models go to PyTorch and come from it; BI clients find the views. PG* variables name the server.

Needs torch, safetensors, psycopg and sqlalchemy: scripts/interop.
"""

import json
import pathlib
import sys
import tempfile
import traceback

import psycopg
import sqlalchemy
import torch
from safetensors import safe_open
from safetensors.torch import load, save_file

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "fixtures"))
from sequence_net import SequenceNet, stored  # noqa: E402

OPTIONS = {
    "lstm": dict(hidden_size=8),
    "gru": dict(hidden_size=5, num_layers=2, bidirectional=True, pooling="mean"),
    "tcn": dict(hidden_size=6, num_layers=2, pooling="attention", mask=False, normalization="batch"),
    "gru forecast": dict(hidden_size=6, inputs="changes", summary_size=5, baseline=True),
    "tcn forecast": dict(hidden_size=4, num_layers=2, pooling="mean", normalization="none", inputs="changes",
                         summary_size=3, baseline=True),
    "minirocket": dict(num_features=168),
}
# What a file says that is no option: the label is the trend of the second feature.
FORECAST = dict(window_periods=14, horizon_periods=2, trend_feature=2)
FEATURES, CLASSES = ["spend", "logins"], ["high_risk", "stable", "potential"]


def option_text(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def option_value(net_default, text):
    return text == "true" if isinstance(net_default, bool) else type(net_default)(text)


def sequences(n):
    made = [torch.randn(int(t), len(FEATURES)) for t in torch.randint(1, FORECAST["window_periods"] + 1, (n,))]
    for sequence in made:
        sequence[1:][torch.rand(sequence[1:].shape) < 0.2] = torch.nan
    return made


def predict(db, model, sequence):
    values = [[None if x != x else x for x in step] for step in sequence.tolist()]
    label, probabilities = db.execute(
        "SELECT label, probabilities FROM usercls.predict(%s, %s::float8[])", (model, values)
    ).fetchone()
    return label, torch.tensor(probabilities)


def same_scores(db, name, net, classes):
    for sequence in sequences(50):
        label, probabilities = predict(db, name, sequence)
        expected = net(sequence).detach()
        assert torch.allclose(probabilities, expected, atol=1e-5), (name, probabilities, expected)
        if expected.topk(2).values.diff().abs() > 1e-4:
            assert label == classes[int(expected.argmax())], (label, expected)


def forecast_of(kind):
    return FORECAST if "forecast" in kind else {}


def test_from_torch(db, kind):
    """A network made in PyTorch scores here as there, and every field of its file is seen."""
    name, options, architecture = f"torch {kind}", OPTIONS[kind], kind.split()[0]
    net = SequenceNet(architecture, len(FEATURES), len(CLASSES), **options, **forecast_of(kind)).eval()
    if "forecast" in kind:
        net.input.change.uniform_(0.5, 2)
        net.baseline.score.normal_()
    if architecture == "minirocket":
        net.minirocket.channel.bernoulli_(0.5)
        net.minirocket.bias.normal_()
    net.input.mean.normal_()
    net.input.scale.uniform_(0.5, 2)
    net.calibration.bias.normal_()
    net.calibration.temperature.fill_(1.3)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "model.safetensors")
        metadata = dict(kind="sequence", architecture=architecture, features=json.dumps(FEATURES),
                        classes=json.dumps(CLASSES), **{k: option_text(v) for k, v in (options | forecast_of(kind)).items()})
        save_file(stored(net), path, metadata=metadata)
        file = path.read_bytes()
    version, = db.execute("SELECT usercls.import_model(%s, %s, promote => 'always')", (name, file)).fetchone()
    assert version == 1
    same_scores(db, name, net, CLASSES)

    info = dict(db.execute("SELECT property, value FROM usercls.model_info(%s)", (name,)).fetchall())
    for key, value in options.items():
        assert info[key] == option_text(value), key
    assert [info[f"feature {i + 1}"] for i in range(len(FEATURES))] == FEATURES
    assert [info[f"class {i + 1}"] for i in range(len(CLASSES))] == CLASSES
    tensors = db.execute("SELECT tensor, shape, mean, minimum, maximum FROM usercls.model_tensors(%s)", (name,)).fetchall()
    assert {t[0] for t in tensors} == set(stored(net))
    for tensor, shape, mean, minimum, maximum in tensors:
        w = net.state_dict()[tensor].double()
        assert shape == list(w.shape), tensor
        assert abs(mean - w.mean()) < 1e-9 and minimum == w.min() and maximum == w.max(), tensor
    exported, = db.execute("SELECT usercls.export_model(%s)", (name,)).fetchone()
    assert exported == file


def test_to_torch(db, kind):
    """A network trained here scores in PyTorch as here; the file says all that it takes to build it."""
    name, trend = f"trained {kind}", "spend" if "forecast" in kind else None
    db.execute(
        """SELECT usercls.train_sequence(%s, 'behaviour', label_column => %s, trend_of => %s, features => %s,
               as_of => '2026-03-26', window_periods => 14, architecture => %s, hyperparams => %s, promote => 'always')""",
        (name, None if trend else "label", trend, FEATURES, kind.split()[0],
         json.dumps(dict(inputs="values", summary_size=0, baseline=False) | OPTIONS[kind] | {"max_epochs": 3})),
    )
    file, = db.execute("SELECT usercls.export_model(%s)", (name,)).fetchone()
    with tempfile.NamedTemporaryFile(suffix=".safetensors") as out:
        out.write(file)
        out.flush()
        with safe_open(out.name, "pt") as opened:
            metadata = opened.metadata()
    assert metadata["usercls"] == "1" and metadata["kind"] == "sequence"
    assert json.loads(metadata["features"]) == FEATURES
    classes = json.loads(metadata["classes"])
    assert set(classes) <= set(CLASSES)
    defaults = dict(hidden_size=0, num_layers=1, bidirectional=False, kernel_size=3, pooling="last", mask=True,
                    normalization="none", inputs="values", summary_size=0, baseline=False, window_periods=0,
                    horizon_periods=0, trend_feature=0, num_features=9996)
    net = SequenceNet(metadata["architecture"], len(FEATURES), len(classes),
                      **{key: option_value(default, metadata[key]) for key, default in defaults.items() if key in metadata}).eval()
    state = load(file)
    missing, unexpected = net.load_state_dict(state, strict=False)
    assert not missing and not unexpected, (missing, unexpected)
    same_scores(db, name, net, classes)


def test_damaged(db):
    """What PyTorch's own reader refuses is refused, with the byte where it is wrong."""
    file, = db.execute("SELECT usercls.export_model('torch lstm')").fetchone()
    for damaged in (file[:100], file + b"\0", b"\xff" * 8 + file[8:], file[:8] + b"[" + file[9:]):
        try:
            load(damaged)
        except Exception:
            pass
        else:
            raise AssertionError("safetensors reads it")
        try:
            with db.transaction():
                db.execute("SELECT usercls.import_model('damaged', %s)", (damaged,))
        except psycopg.Error as error:
            assert "byte offset" in error.diag.message_detail, error
        else:
            raise AssertionError("we read it")


def test_introspection():
    """A BI client that introspects finds views, plain types and a comment on every column."""
    plain = (sqlalchemy.TEXT, sqlalchemy.INTEGER, sqlalchemy.BIGINT, sqlalchemy.DOUBLE_PRECISION, sqlalchemy.BOOLEAN,
             sqlalchemy.TIMESTAMP)
    engine = sqlalchemy.create_engine("postgresql+psycopg://")
    inspector = sqlalchemy.inspect(engine)
    views = inspector.get_view_names("usercls")
    assert {"models", "versions", "deployments", "training_runs"} <= set(views), views
    for view in views:
        for column in inspector.get_columns(view, "usercls"):
            assert isinstance(column["type"], plain), (view, column)
            assert column["comment"], (view, column)
        table = sqlalchemy.Table(view, sqlalchemy.MetaData(), schema="usercls", autoload_with=engine)
        with engine.connect() as connection:
            connection.execute(sqlalchemy.select(table)).fetchall()


def main():
    torch.manual_seed(1)
    tests = []
    with psycopg.connect(autocommit=True) as db:
        db.execute("CREATE EXTENSION IF NOT EXISTS usercls")
        db.execute("DROP TABLE IF EXISTS behaviour")
        db.execute(
            """CREATE TABLE behaviour AS
               SELECT u AS user_id, timestamptz '2026-01-01' + w * interval '7 days' AS ts, (u %% 3 - 1) * w + sin(u * w) AS spend,
                   nullif((u * w) %% 5, 3) AS logins, (ARRAY['high_risk', 'stable', 'potential'])[u %% 3 + 1] AS label
               FROM generate_series(1, 120) u, generate_series(0, 15) w""".replace("%%", "%"))
        for kind in OPTIONS:
            tests += [(test_from_torch, db, kind), (test_to_torch, db, kind)]
        tests += [(test_damaged, db), (test_introspection,)]
        failed = 0
        print(f"1..{len(tests)}")
        for n, (test, *arguments) in enumerate(tests, 1):
            title = " ".join([test.__name__] + [a for a in arguments if isinstance(a, str)])
            try:
                test(*arguments)
                print(f"ok {n} - {title}")
            except Exception:
                failed += 1
                lines = traceback.format_exc().replace("\n", "\n# ")
                print(f"not ok {n} - {title}\n# {lines}")
    sys.exit(failed > 0)


main()
