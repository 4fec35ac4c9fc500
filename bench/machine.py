"""The machine and the versions, without names and paths."""
import pathlib
import platform

# What kernels are chosen by; the rest of the flags would fill the page.
FLAGS = ("avx2", "fma", "f16c", "avx_vnni", "avx512f", "avx512bw", "avx512vl", "avx512_vnni", "avx512_bf16", "avx512_fp16",
         "amx_tile", "amx_int8", "amx_bf16", "asimd", "asimdhp", "asimddp", "bf16", "i8mm", "sve")


def describe():
    fields = {}
    for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition(":")
        fields.setdefault(key.strip(), value.strip())
    present = set((fields.get("flags") or fields.get("Features") or "").split())
    memory = pathlib.Path("/proc/meminfo").read_text(encoding="utf-8").split()[1]
    return {
        "processor": fields.get("model name", platform.machine()),
        "family": " ".join(f"{name} {fields[key]}" for name, key in (("family", "cpu family"), ("model", "model"),
                                                                   ("stepping", "stepping")) if key in fields),
        "cores": sum(1 for line in open("/proc/cpuinfo", encoding="utf-8") if line.startswith("processor")),
        "flags": [flag for flag in FLAGS if flag in present],
        "memory_gb": round(int(memory) / 1e6),
        "virtual": "hypervisor" in present,
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
    }


def best_isa(machine):
    flags = machine["flags"]
    return ("amx" if "amx_tile" in flags else "avx512" if "avx512f" in flags else "avx2" if "avx2" in flags
            else platform.machine())
