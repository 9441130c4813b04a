# SPDX-License-Identifier: Apache-2.0
# Small helpers, so that each folder's list says only what it is made of.

# Warnings, sanitizers and hardening: every target of ours links this PRIVATE.
add_library(bn_options INTERFACE)
target_compile_options(bn_options INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Wundef
  -fno-omit-frame-pointer -fstack-protector-strong -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.
  $<$<BOOL:${BN_WERROR}>:-Werror>)
target_compile_definitions(bn_options INTERFACE _GNU_SOURCE BN_VERSION="${PROJECT_VERSION}"
  $<$<BOOL:${BN_TEST_CLOCK}>:BN_TEST_CLOCK>)
if(BN_SANITIZE)
  target_compile_options(bn_options INTERFACE -fsanitize=${BN_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(bn_options INTERFACE -fsanitize=${BN_SANITIZE})
endif()
if(BN_FUZZ)
  target_compile_options(bn_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# bn_library(name SOURCES a.c b.c PUBLIC libs PRIVATE libs): a static library of one folder. Headers are included by their
# path below proto/, services/ or clients/ ("base/code.h", "registry/store/store.h").
function(bn_library name)
  cmake_parse_arguments(A "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(${name} STATIC ${A_SOURCES})
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR}/proto)
  target_link_libraries(${name} PUBLIC ${A_PUBLIC} PRIVATE bn_options ${A_PRIVATE})
endfunction()

# bn_program(name SOURCES main.c LIBS libs): a program in bin/, installed.
function(bn_program name)
  cmake_parse_arguments(A "" "" "SOURCES;LIBS" ${ARGN})
  add_executable(${name} ${A_SOURCES})
  target_link_libraries(${name} PRIVATE ${A_LIBS} bn_options)
  install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()

# bn_test(dotted.name SOURCES x_test.c LIBS libs [LABEL unit] [TIMEOUT seconds]): a cmocka program and its test.
function(bn_test name)
  cmake_parse_arguments(A "" "LABEL;TIMEOUT" "SOURCES;LIBS" ${ARGN})
  if(NOT A_LABEL)
    set(A_LABEL unit)
  endif()
  if(NOT A_TIMEOUT)
    set(A_TIMEOUT 60)
  endif()
  add_executable(${name} ${A_SOURCES})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests/support)
  target_link_libraries(${name} PRIVATE ${A_LIBS} bn_options PkgConfig::CMOCKA)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS ${A_LABEL} TIMEOUT ${A_TIMEOUT})
  if(BN_SANITIZE MATCHES thread)
    set_tests_properties(${name} PROPERTIES
      ENVIRONMENT "TSAN_OPTIONS=ignore_noninstrumented_modules=1:suppressions=${CMAKE_SOURCE_DIR}/tests/support/tsan.supp")
  endif()
endfunction()
