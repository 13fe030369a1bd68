#include "postgres.h"

#include "server/reals.h"

#include "catalog/pg_type.h"

StaticAssertDecl(sizeof(real) == sizeof(float4), "numbers of networks are stored as real[]");

ArrayType *
reals_make(size_t n)
{
	const Size bytes = ARR_OVERHEAD_NONULLS(1) + sizeof(real) * n;
	ArrayType *array = palloc(bytes);

	SET_VARSIZE(array, bytes);
	array->ndim = 1;
	array->dataoffset = 0;
	array->elemtype = FLOAT4OID;
	*ARR_DIMS(array) = (int) n;
	*ARR_LBOUND(array) = 1;
	return array;
}

real *
reals_of(ArrayType *array)
{
	return (real *) ARR_DATA_PTR(array);
}
