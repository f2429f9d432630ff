#include "CAssets.h"

#if !__has_include("generated/table.inc")
#error "the web files have not been built: run `make assets`"
#else
#include "generated/table.inc"
#endif
