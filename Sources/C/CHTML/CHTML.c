#include "CHTML.h"

#include <dlfcn.h>
#include <pthread.h>

// Constants of libxml2's stable binary interface (libxml/HTMLparser.h, libxml/xmlreader.h).
enum {
    PARSE_RECOVER = 1,
    PARSE_NOERROR = 32,
    PARSE_NOWARNING = 64,
    PARSE_NONET = 2048,
    NODE_ELEMENT = 1,
    NODE_TEXT = 3,
    NODE_CDATA = 4,
};

static struct {
    void *(*read_memory)(const char *, int, const char *, const char *, int);
    void (*free_doc)(void *);
    void *(*walker)(void *);
    void (*free_reader)(void *);
    int (*read)(void *);
    int (*node_type)(void *);
    int (*depth)(void *);
    const char *(*name)(void *);
    const char *(*value)(void *);
    int (*next_attribute)(void *);
} xml;
static int is_loaded;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void) {
    const char *names[] = {"libxml2.so.2", "libxml2.so.16"};
    void *library = NULL;
    for (size_t index = 0; !library && index < 2; index++) library = dlopen(names[index], RTLD_NOW | RTLD_LOCAL);
    if (!library) return;
    xml.read_memory = dlsym(library, "htmlReadMemory");
    xml.free_doc = dlsym(library, "xmlFreeDoc");
    xml.walker = dlsym(library, "xmlReaderWalker");
    xml.free_reader = dlsym(library, "xmlFreeTextReader");
    xml.read = dlsym(library, "xmlTextReaderRead");
    xml.node_type = dlsym(library, "xmlTextReaderNodeType");
    xml.depth = dlsym(library, "xmlTextReaderDepth");
    xml.name = dlsym(library, "xmlTextReaderConstName");
    xml.value = dlsym(library, "xmlTextReaderConstValue");
    xml.next_attribute = dlsym(library, "xmlTextReaderMoveToNextAttribute");
    is_loaded = xml.read_memory && xml.free_doc && xml.walker && xml.free_reader && xml.read && xml.node_type
        && xml.depth && xml.name && xml.value && xml.next_attribute;
}

int chtml_visit(const char *bytes, int count, const chtml_visitor *visitor) {
    pthread_once(&once, load);
    if (!is_loaded) return CHTML_MISSING;
    int options = PARSE_RECOVER | PARSE_NOERROR | PARSE_NOWARNING | PARSE_NONET;
    void *document = xml.read_memory(bytes, count, NULL, "UTF-8", options);
    if (!document) return CHTML_FAILED;
    void *reader = xml.walker(document);
    while (reader && xml.read(reader) == 1) {
        int type = xml.node_type(reader), depth = xml.depth(reader);
        if (type == NODE_ELEMENT) {
            visitor->element(xml.name(reader), depth, visitor->context);
            while (xml.next_attribute(reader) == 1) {
                const char *value = xml.value(reader);
                visitor->attribute(xml.name(reader), value ? value : "", visitor->context);
            }
        } else if (type == NODE_TEXT || type == NODE_CDATA) {
            const char *value = xml.value(reader);
            if (value) visitor->text(value, depth, visitor->context);
        }
    }
    if (reader) xml.free_reader(reader);
    xml.free_doc(document);
    return reader ? 0 : CHTML_FAILED;
}
