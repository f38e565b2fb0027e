"""`agridata zonal` as the contract says it."""

from __future__ import annotations

import json

import pandas as pd

from apps.cli import main


def run(capsys, *arguments):
    code = main(["zonal", *map(str, arguments), "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_rows_of_zone_raster_and_band(shared_dir, tmp_path, capsys):
    folder = shared_dir / "data" / "raster_mekong_1km_2025"
    communes = shared_dir / "data" / "admin" / "haugiang_pre2025_communes.gpkg"
    rasters = [folder / "mekong_2025_01.tif", folder / "mekong_2025_03.tif"]
    for suffix, read in (("csv", pd.read_csv), ("parquet", pd.read_parquet)):
        out = tmp_path / f"z.{suffix}"
        code, said = run(
            capsys, communes, *rasters, "--stats", "mean,count", "--id-col", "code", "--out", out
        )
        assert code == 0
        table = read(out)
        assert list(table.columns) == ["zone", "raster", "band", "mean", "count"]
        assert len(table) == said["rows"] == 76 * 2 * 12
        assert set(table["raster"]) == {str(path) for path in rasters}
        assert table["zone"].astype(str).iloc[0] == "31363"


def test_ids_default_to_the_id_column_and_repeats_are_kept(shared_dir, tmp_path, capsys):
    fields = shared_dir / "data" / "parcels" / "1_vietnam_areas.gpkg"
    dem = shared_dir / "data" / "raster_mekong_1km_2025" / "static_dem.tif"
    code, said = run(capsys, fields, dem, "--stats", "count")
    assert code == 0
    assert (said["rows"], said["id_column"]) == (100, "id")
    assert {row["count"] for row in said["table"]} == {0.0}  # Hải Dương is not in the delta


def test_rejections_name_where_and_how_to_fix(shared_dir, tmp_path, capsys):
    fields = shared_dir / "data" / "parcels" / "1_vietnam_areas.gpkg"
    dem = shared_dir / "data" / "raster_mekong_1km_2025" / "static_dem.tif"
    (tmp_path / "bad.tif").write_text("x")
    for expected, *arguments in (
        (1, fields, tmp_path / "absent.tif"),
        (1, fields, tmp_path / "bad.tif"),
        (1, tmp_path / "bad.tif", dem),
        (1, fields, dem, "--bands", "NDVI"),
        (2, fields, dem, "--stats", "mode"),
        (2, fields, dem, "--out", tmp_path / "z.xlsx"),
    ):
        code, said = run(capsys, *arguments)
        assert code == expected, arguments
        assert said["ok"] is False
        assert said["errors"][0]["problem"]
        assert said["errors"][0]["fix"]
    assert not list(tmp_path.glob("z.*"))
