# shellcheck shell=bash
# SPDX-License-Identifier: 0BSD
