"""The least that makes a city, for tests that load one often."""

import shutil
from pathlib import Path

import pytest
import yaml

TABLES = {
    "streets": "code,name\n110101001000,一街道\n",
    "communities": "code,name\n",
    "categories": "scheme,code,path\n12345,02,城乡建设\n12345,0202,城乡建设->房屋与征收\n"
    "12345,020201,城乡建设->房屋与征收->房屋漏雨\n12345,020204,城乡建设->房屋与征收->道路塌陷\n",
    "units": "code,name,tier,division,street,kind\nC-ZB,市值班台,city,,,duty_desk\n"
    "D-ZB,区值班台,county,110101,,duty_desk\nS-ZB,街道值班台,street,110101,110101001,duty_desk\n",
    "endpoints": "endpoint,unit,name,active_from,active_to\nEP-110100-0001,C-ZB,值班,2026-01-01,\n"
    "EP-110101-0001,D-ZB,值班,2026-01-01,\nEP-110101-0002,S-ZB,值班,2026-01-01,\n",
    "routing": "row,valid_from,valid_to,division,street,scheme,category,tier,unit,priority\n"
    "R1,2026-01-01,,110101,110101001,*,*,street,S-ZB,1\n",
    "limits": "row,scheme,category,level,urgency,sign_value,sign_unit,handle_value,handle_unit,call_back_value,"
    "call_back_unit,total_value,total_unit,version\nL001,*,*,*,*,2,work_hour,3,work_day,1,work_day,,,v4\n"
    "L002,12345,0202,*,*,2,work_hour,10,work_day,1,work_day,,,v4\n",
    "steps": "version,scheme,category,step,title,handle_value,handle_unit\n"
    "v4,12345,020204,1,围挡警示,3,urgent_hour\nv4,12345,020204,2,抢修,8,work_hour\n",
}


@pytest.fixture
def small_folder(qiqihar_folder: Path, tmp_path: Path) -> Path:
    """A city of one division and one street: three desks, policy and calendars as Qiqihar has them."""
    folder = tmp_path / "small"
    shutil.copytree(qiqihar_folder / "calendar", folder / "calendar")
    policy = yaml.safe_load((qiqihar_folder / "policy.yaml").read_text(encoding="utf-8"))
    documents = {
        "city": {
            "code": "1101",
            "name": "小城市",
            "utc_offset_hours": 8,
            "area": {"lon": [115.0, 117.0], "lat": [39.0, 41.0]},
            "divisions": [{"code": "110101", "name": "东区"}],
        },
        "policy": policy | {"call_back_unit": "C-ZB"},
        "level_rules": {"version": "1", "rules": []},
    }
    for name, document in documents.items():
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    for name, text in TABLES.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder
