{
  "variables": {
    "corr2d_cflags": ["-std=c++20", "-O3", "-fvisibility=hidden", "-fno-math-errno", "-Wall", "-Wextra"],
    # Stack frames with arrays are checked, and copies whose room is known; not in kernels, as it costs the smallest
    # prepared call 5 % (310 to 328 ns, AMD EPYC with AVX-512).
    "corr2d_hardening_cflags": ["-fstack-protector-strong", "-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=2"],
    # Kernels have no exceptions and no RTTI. The warning is a false one of GCC 12 inside its own AVX-512 header.
    "corr2d_kernel_cflags": ["-fno-exceptions", "-fno-rtti", "-Wno-maybe-uninitialized"],
  },
  "target_defaults": {
    "cflags!": ["-fno-exceptions"],
    "cflags_cc!": ["-fno-exceptions", "-fno-rtti", "-std=gnu++17"],
    "cflags_cc": ["<@(corr2d_cflags)"],
    "xcode_settings": {
      "CLANG_CXX_LANGUAGE_STANDARD": "c++20",
      "GCC_ENABLE_CPP_EXCEPTIONS": "YES",
      "GCC_OPTIMIZATION_LEVEL": "3",
      "MACOSX_DEPLOYMENT_TARGET": "11.0",
    },
  },
  "conditions": [
    ["target_arch=='x64'", {
      "targets": [
        {
          "target_name": "corr2d_avx512",
          "type": "static_library",
          "sources": ["native/isa/avx512.cc"],
          "cflags_cc": [
            "<@(corr2d_kernel_cflags)", "-mavx512f", "-mavx512vl", "-mavx512bw", "-mavx512dq", "-mfma",
          ],
        },
        {
          "target_name": "corr2d_avx512vnni",
          "type": "static_library",
          "sources": ["native/isa/avx512vnni.cc"],
          "cflags_cc": [
            "<@(corr2d_kernel_cflags)", "-mavx512f", "-mavx512vl", "-mavx512bw", "-mavx512dq", "-mavx512vnni", "-mfma",
          ],
        },
        {
          "target_name": "corr2d_avx2",
          "type": "static_library",
          "sources": ["native/isa/avx2.cc"],
          "cflags_cc": ["<@(corr2d_kernel_cflags)", "-mavx2", "-mfma"],
        },
        {
          "target_name": "corr2d_isa",
          "type": "static_library",
          "sources": ["native/isa/sse2.cc"],
          "cflags_cc": ["<@(corr2d_kernel_cflags)"],
          "dependencies": ["corr2d_avx512", "corr2d_avx512vnni", "corr2d_avx2"],
          "export_dependent_settings": ["corr2d_avx512", "corr2d_avx512vnni", "corr2d_avx2"],
        },
      ],
    }],
    ["target_arch=='arm64'", {
      "targets": [
        {
          "target_name": "corr2d_isa",
          "type": "static_library",
          "sources": ["native/isa/neon.cc"],
          "cflags_cc": ["<@(corr2d_kernel_cflags)"],
        },
      ],
    }],
  ],
  "targets": [
    {
      "target_name": "corr2d",
      "sources": [
        "<!@(node -p \"require('fs').readdirSync('native').filter((f) => f.endsWith('.cc')).map((f) => 'native/' + f).join(' ')\")",
      ],
      "dependencies": ["corr2d_isa", "<!(node -p \"require('node-addon-api').targets\"):node_addon_api_except_all"],
      "defines": ["NAPI_VERSION=8", "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"],
      "cflags_cc": ["<@(corr2d_hardening_cflags)"],
      "conditions": [
        # nodelete: the helper threads of the pool outlive the JavaScript threads, so their code must stay loaded.
        # relro and now: all symbols are bound when the addon loads, and the table of their addresses is read-only then.
        ["OS=='linux'", {
          "ldflags": [
            "-Wl,-z,nodelete", "-Wl,-z,relro,-z,now", "-Wl,-z,noexecstack", "-Wl,--gc-sections", "-Wl,-s",
            "-Wl,--version-script=<(module_root_dir)/native/exports.map",
          ],
        }],
      ],
    },
  ],
}
