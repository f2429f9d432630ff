#pragma once
// The HTML parser of libxml2, loaded when it is first used: the program must start without the library. No logic.
#include <stddef.h>

/// Begins an element, then has each of its attributes; a text has its depth and the empty name.
typedef struct {
    void (*element)(const char *name, int depth, void *context);
    void (*attribute)(const char *name, const char *value, void *context);
    void (*text)(const char *text, int depth, void *context);
    void *context;
} chtml_visitor;

enum { CHTML_MISSING = -1, CHTML_FAILED = -2 };

/// Visits all elements of a document of UTF-8 in order; 0, or one of the errors.
int chtml_visit(const char *bytes, int count, const chtml_visitor *visitor);
