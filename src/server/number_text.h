/* Numbers in sentences. */
#ifndef USERCLS_SERVER_NUMBER_TEXT_H
#define USERCLS_SERVER_NUMBER_TEXT_H

/* Three digits, or all before the point, without zeros behind it. In the current memory context. */
extern char *number_text(double number);

#endif
