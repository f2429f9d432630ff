#pragma once
// The functions for texts of bytes; the header has others, and wants to know which are meant.
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
